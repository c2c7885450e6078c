import { Check, Copy as CopyIcon } from "lucide-react";
import { type ReactNode, useState } from "react";
import styles from "./copy.module.css";

/** A small button that copies a text. */
export function Copy({ text, label }: { text: string; label: string }): ReactNode {
	const [isCopied, setIsCopied] = useState(false);
	const copy = async (): Promise<void> => {
		await navigator.clipboard.writeText(text);
		setIsCopied(true);
		window.setTimeout(() => setIsCopied(false), 1500);
	};
	const Icon = isCopied ? Check : CopyIcon;
	return (
		<button type="button" className={styles.copy} aria-label={label} onClick={() => void copy()}>
			<Icon size={14} aria-hidden />
			<span className="visually-hidden" role="status">
				{isCopied ? "Copied" : ""}
			</span>
		</button>
	);
}

/** A command that does the same as the page, as one would type it in a terminal. */
export function Command({ text, label = "The same in a terminal" }: { text: string; label?: string }): ReactNode {
	return (
		<div className={styles.command}>
			<p className={styles.caption}>{label}</p>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by keys */}
			<pre className={styles.text} tabIndex={0}>
				<code>{text}</code>
			</pre>
			<div className={styles.corner}>
				<Copy text={text} label="Copy the command" />
			</div>
		</div>
	);
}

import type { ReactNode } from "react";
import styles from "./checks.module.css";

interface ChecksProps {
	legend: string;
	/** Values with the words for them. */
	options: readonly (readonly [string, string])[];
	chosen: readonly string[];
	onChange: (chosen: string[]) => void;
	/** In place of the boxes where there are none. */
	empty?: string;
	/** For words that are read character by character. */
	isMono?: boolean;
}

/** Boxes to tick: any number of many. The list scrolls where it is long. */
export function Checks({ legend, options, chosen, onChange, empty, isMono }: ChecksProps): ReactNode {
	const toggle = (value: string): void =>
		onChange(chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]);
	return (
		<fieldset className={styles.checks}>
			<legend className={styles.legend}>{legend}</legend>
			<div className={styles.boxes}>
				{options.length === 0 && <p className={styles.none}>{empty}</p>}
				{options.map(([value, words]) => (
					<label key={value} className={styles.box}>
						<input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
						<span className={isMono ? styles.mono : ""}>{words}</span>
					</label>
				))}
			</div>
		</fieldset>
	);
}

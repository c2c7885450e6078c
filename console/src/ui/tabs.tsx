import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "./link";
import styles from "./tabs.module.css";

/** Tabs. They are links and not buttons, because each page has its own address. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly { to: string; words: string }[] }): ReactNode {
	const nav = useRef<HTMLElement>(null);
	// On a phone not all of them fit, so the open one is scrolled into view.
	useEffect(() => {
		nav.current?.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "center" });
	}, []);
	return (
		<nav ref={nav} aria-label={label} className={styles.tabs}>
			{tabs.map(({ to, words }) => (
				<Link key={to} to={to} look="plain" className={styles.tab ?? ""} activeProps={{ "aria-current": "page" }}>
					{words}
				</Link>
			))}
		</nav>
	);
}

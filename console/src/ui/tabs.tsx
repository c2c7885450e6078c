import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "./link";
import styles from "./tabs.module.css";

/** Pages beside each other. Links, not buttons: each has its own address. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly { to: string; words: string }[] }): ReactNode {
	const nav = useRef<HTMLElement>(null);
	// On a phone not all of them fit: the one that is open is seen.
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

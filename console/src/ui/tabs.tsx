import type { ReactNode } from "react";
import { Link } from "./link";
import styles from "./tabs.module.css";

/** Pages beside each other. Links, not buttons: each has its own address. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly { to: string; words: string }[] }): ReactNode {
	return (
		<nav aria-label={label} className={styles.tabs}>
			{tabs.map(({ to, words }) => (
				<Link key={to} to={to} look="plain" className={styles.tab ?? ""} activeProps={{ "aria-current": "page" }}>
					{words}
				</Link>
			))}
		</nav>
	);
}

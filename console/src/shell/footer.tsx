import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { type LiveState, useLiveState } from "../api/live";
import { meQuery } from "../api/queries";
import { useNow } from "../ui/time";
import { relativeTime } from "../words/times";
import styles from "./footer.module.css";

function wordsOf(state: LiveState, now: Date): string {
	if (state.how === "connecting") return "Connecting…";
	const heard = relativeTime(new Date(Math.min(state.at, now.getTime())), now);
	if (state.how === "live") return `Live · ${heard}`;
	if (state.how === "polling") return `Asked ${heard}, again every 10 s · ${state.why}`;
	return `Not live · ${state.why}`;
}

/** How up to date the page is, and the version of the server. */
export function Footer(): ReactNode {
	const state = useLiveState();
	const now = useNow();
	const { data } = useQuery(meQuery);
	return (
		<footer className={styles.footer}>
			<span className={styles.live}>
				<span className={`${styles.dot} ${styles[state.how]}`} aria-hidden />
				{wordsOf(state, now)}
			</span>
			<span className={styles.links}>
				<a href="/docs/" className={styles.link}>
					API
				</a>
				<span>Olivine {data?.server?.version}</span>
			</span>
		</footer>
	);
}

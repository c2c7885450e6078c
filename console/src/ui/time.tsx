import { type ReactNode, useSyncExternalStore } from "react";
import { chosenZone, fullTime, relativeTime } from "../words/times";
import styles from "./time.module.css";

// One clock for all times of a page, so that they change at the same moment.
let now = new Date();
const listeners = new Set<() => void>();
let timer: number | undefined;

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	timer ??= window.setInterval(() => {
		now = new Date();
		for (const each of listeners) each();
	}, 5_000);
	return () => {
		listeners.delete(listener);
		if (listeners.size > 0) return;
		window.clearInterval(timer);
		timer = undefined;
	};
}

/** The current time, accurate to five seconds. */
export function useNow(): Date {
	return useSyncExternalStore(subscribe, () => now);
}

/** A time as its age; on hover and focus in full, in the chosen time zone and in UTC. */
export function Time({ at }: { at: string }): ReactNode {
	const present = useNow();
	const date = new Date(at);
	const zone = chosenZone();
	const full = zone === "UTC" ? fullTime(date, "UTC") : `${fullTime(date, zone)} · ${fullTime(date, "UTC")}`;
	const since = present.getTime() < date.getTime() && date.getTime() - present.getTime() < 6_000 ? date : present;
	return (
		<time dateTime={at} title={full} className={styles.time}>
			{relativeTime(date, since)}
			<span className="visually-hidden"> ({full})</span>
		</time>
	);
}

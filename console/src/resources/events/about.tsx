import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorNote } from "../../ui/error_note";
import styles from "./about.module.css";
import { EventLine } from "./line";
import { eventsAboutQuery } from "./queries";

/** The newest events of a device. */
export function DeviceEvents({ prn }: { prn: string }): ReactNode {
	const { data, error } = useQuery(eventsAboutQuery(prn, 20));
	if (error) return <ErrorNote error={error} />;
	if (data?.events.length === 0) return <p className={styles.none}>Nothing has happened to it yet.</p>;
	return (
		<ul aria-busy={!data}>
			{data?.events.map((event) => (
				<EventLine key={event.prn} event={event} />
			))}
		</ul>
	);
}

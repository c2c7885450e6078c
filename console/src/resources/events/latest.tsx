import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Empty } from "../../ui/empty";
import { ErrorNote } from "../../ui/error_note";
import { parsePrn } from "../../words/prns";
import { EventLine } from "./line";
import { latestEventsQuery } from "./queries";

const MOST = 8;

/** The newest events caused by people, keys and the server. Frequent events of devices are on the pages of the devices. */
export function LatestEvents(): ReactNode {
	const { data, error } = useQuery(latestEventsQuery);
	if (error) return <ErrorNote error={error} />;
	const events = data?.events.filter(({ actor }) => parsePrn(actor)?.kind !== "device").slice(0, MOST);
	if (events?.length === 0) {
		return <Empty title="Nothing has happened yet">Every change will be here, with who made it.</Empty>;
	}
	return (
		<ul aria-busy={!events}>
			{events?.map((event) => (
				<EventLine key={event.prn} event={event} />
			))}
		</ul>
	);
}

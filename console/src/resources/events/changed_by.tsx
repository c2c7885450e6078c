import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { meQuery } from "../../api/queries";
import { Time } from "../../ui/time";
import { kindInWords } from "../../words/kinds";
import { parsePrn, shortPrn } from "../../words/prns";
import { eventsAboutQuery } from "./queries";

/** Who last changed a record, and when. */
export function ChangedBy({ prn }: { prn: string }): ReactNode {
	const { data } = useQuery(eventsAboutQuery(prn, 1));
	const { data: me } = useQuery(meQuery);
	const last = data?.events[0];
	if (!last) return null;
	const kind = parsePrn(last.actor)?.kind;
	const who =
		last.actor === me?.user.prn
			? "you, in another window"
			: kind
				? `${kindInWords(kind)} ${shortPrn(last.actor)}`
				: last.actor;
	return (
		<>
			{who}, <Time at={last.inserted_at} />
		</>
	);
}

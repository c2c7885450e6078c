import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { meQuery } from "../../api/queries";
import { Link } from "../../ui/link";
import { Time } from "../../ui/time";
import { kindInWords } from "../../words/kinds";
import { parsePrn, shortPrn } from "../../words/prns";
import styles from "./line.module.css";

type Event = Schemas["Event"];

/** "device quarantined" for `device.quarantined`. */
export function whatHappened(type: string): string {
	const [kind = "", verb = ""] = type.split(".");
	return `${kindInWords(kind)} ${verb.replaceAll("_", " ")}`;
}

/** The name of the record in the event's own data, if there is one. */
export function nameIn({ data }: Event): string | undefined {
	const facts = data as Record<string, unknown>;
	const named = facts.name ?? facts.identifier ?? facts.version ?? facts.email ?? facts.subject;
	return typeof named === "string" ? named : undefined;
}

/** The actor in words. */
export function Actor({ actor }: { actor: string }): ReactNode {
	const { data: me } = useQuery(meQuery);
	if (me?.user.prn === actor) return <>you</>;
	const kind = parsePrn(actor)?.kind;
	return <>{kind ? `${kindInWords(kind)} ${shortPrn(actor)}` : actor}</>;
}

/** One event in a line: what happened, by whom, when. */
export function EventLine({ event }: { event: Event }): ReactNode {
	const kind = parsePrn(event.resource_prn)?.kind;
	const name = nameIn(event);
	const words = whatHappened(event.type);
	return (
		<li className={styles.event}>
			<span className={styles.what}>
				{words}{" "}
				{name &&
					(kind === "device" ? (
						<Link to="/prn/$prn" params={{ prn: event.resource_prn }} look="plain">
							{name}
						</Link>
					) : (
						<strong>{name}</strong>
					))}
			</span>
			<span className={styles.who}>
				<Actor actor={event.actor} />
			</span>
			<span className={styles.when}>
				<Time at={event.inserted_at} />
			</span>
		</li>
	);
}

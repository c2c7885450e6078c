import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ArrowUp, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Empty } from "../../ui/empty";
import { ErrorNote } from "../../ui/error_note";
import { Link } from "../../ui/link";
import { type ItemPlace, LongList } from "../../ui/long_list";
import { Time } from "../../ui/time";
import { counted } from "../../words/counts";
import { parsePrn, shortPrn } from "../../words/prns";
import { useActorNames } from "./actors";
import { nameIn, whatHappened } from "./line";
import { OpenedEvent } from "./opened";
import { type AuditSearch, isNarrowed } from "./search";
import styles from "./trail.module.css";
import { useAuditChange } from "./trail_filters";
import { newestQuery, trailQuery } from "./trail_queries";

type Event = Schemas["Event"];

const idOf = ({ prn }: Event): string => parsePrn(prn)?.id ?? prn;

/** How many newer events there are than the page shows: at most a page of them. */
function useNewer(search: AuditSearch, shown: readonly Event[] | undefined): { records: number; isAll: boolean } {
	const { data } = useQuery(newestQuery(search));
	const newest = data?.events ?? [];
	if (!shown) return { records: 0, isAll: true };
	const place = newest.findIndex(({ prn }) => prn === shown[0]?.prn);
	if (place >= 0) return { records: place, isAll: true };
	return { records: newest.length, isAll: !data?.next_page };
}

/** The events that a search finds, the newest first. */
export function Trail({ search }: { search: AuditSearch }): ReactNode {
	const list = useInfiniteQuery(trailQuery(search));
	const events = list.data?.pages.flatMap((page) => page.events);
	const newer = useNewer(search, events);
	const change = useAuditChange(search);
	if (list.error) return <ErrorNote error={list.error} />;
	const showNewer = (): void => void queryClient.resetQueries({ queryKey: trailQuery(search).queryKey });
	return (
		<>
			{newer.records > 0 && (
				<button type="button" className={styles.newer} onClick={showNewer}>
					<ArrowUp size={14} aria-hidden />
					{newer.isAll ? `${newer.records} newer` : `More than ${newer.records} newer`}
				</button>
			)}
			{events?.length === 0 && <NothingFound search={search} />}
			{events ? (
				<LongList
					label="Events"
					className={styles.trail}
					items={events}
					itemKey={({ prn }) => prn}
					height={45}
					item={(event, place) => (
						<Entry
							key={event.prn}
							event={event}
							place={place}
							isOpen={search.open === idOf(event)}
							onToggle={() => change({ open: search.open === idOf(event) ? undefined : idOf(event) })}
						/>
					)}
				/>
			) : (
				<div className={styles.waiting} aria-busy />
			)}
			{events && events.length > 0 && (
				<div className={styles.foot}>
					<span>{counted(events.length, "event", "events")} shown</span>
					{list.hasNextPage && (
						<Button size="small" onPress={() => void list.fetchNextPage()} isBusy={list.isFetchingNextPage}>
							Show older ones
						</Button>
					)}
				</div>
			)}
		</>
	);
}

interface EntryProps {
	event: Event;
	place: ItemPlace;
	isOpen: boolean;
	onToggle: () => void;
}

function Entry({ event, place, isOpen, onToggle }: EntryProps): ReactNode {
	const nameOf = useActorNames();
	const panel = `event-${idOf(event)}`;
	return (
		<li {...place} className={styles.entry}>
			<button type="button" className={styles.line} aria-expanded={isOpen} aria-controls={panel} onClick={onToggle}>
				<ChevronRight size={14} className={styles.mark} aria-hidden />
				<span className={styles.what}>
					<span className={styles.sentence}>{whatHappened(event.type)}</span> <RecordName event={event} />
				</span>
				<span className={styles.who}>{nameOf(event.actor)}</span>
				<span className={styles.when}>
					<Time at={event.inserted_at} />
				</span>
			</button>
			{isOpen && (
				<div id={panel}>
					<OpenedEvent event={event} />
				</div>
			)}
		</li>
	);
}

/** The record that the event is about: its name, otherwise the end of its PRN. */
function RecordName({ event }: { event: Event }): ReactNode {
	const nameOf = useActorNames();
	const name = nameIn(event);
	if (name) return <strong>{name}</strong>;
	const kind = parsePrn(event.resource_prn)?.kind;
	if (kind === "user") return <strong>{nameOf(event.resource_prn)}</strong>;
	return <code className={styles.short}>{shortPrn(event.resource_prn)}</code>;
}

function NothingFound({ search }: { search: AuditSearch }): ReactNode {
	if (!isNarrowed(search))
		return <Empty title="Nothing has happened yet">Every change is here, with who made it, when and from where.</Empty>;
	return (
		<Empty
			title="No event matches"
			actions={
				<Link to="/audit" look="button">
					Show all events
				</Link>
			}
		>
			Events are kept for as long as the server is set to. Widen the time, or take a condition away.
		</Empty>
	);
}

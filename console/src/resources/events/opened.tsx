import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Copy } from "../../ui/copy";
import { Link } from "../../ui/link";
import { Properties } from "../../ui/properties";
import { kindInWords } from "../../words/kinds";
import { parsePrn } from "../../words/prns";
import styles from "./trail.module.css";

type Event = Schemas["Event"];
type Facts = Record<string, unknown>;

/** A value of an event's data as text. */
function inWords(value: unknown): string {
	if (value === null || value === undefined) return "nothing";
	if (value === true) return "yes";
	if (value === false) return "no";
	if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(inWords).join(", ");
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const fieldInWords = (name: string): string => name.replaceAll("_", " ").replace(/ prn(s?)$/, "$1");

function isFacts(value: unknown): value is Facts {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The details of an event: what changed, in which request, from which address. */
export function OpenedEvent({ event }: { event: Event }): ReactNode {
	const { changed, from, to, ...facts } = event.data as Facts;
	return (
		<div className={styles.opened}>
			{Array.isArray(changed) && (
				<Changes names={changed.map(String)} from={isFacts(from) ? from : {}} to={isFacts(to) ? to : {}} />
			)}
			{!Array.isArray(changed) && <Facts facts={facts} />}
			<Origin event={event} />
			<Links event={event} />
			<details className={styles.raw}>
				<summary>As the API has it (JSON)</summary>
				{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
				<pre tabIndex={0}>
					<code>{JSON.stringify(event, null, 2)}</code>
				</pre>
			</details>
		</div>
	);
}

function Changes({ names, from, to }: { names: readonly string[]; from: Facts; to: Facts }): ReactNode {
	// For secrets and long texts, events only say that they changed.
	const shown = (facts: Facts, name: string): string => (name in facts ? inWords(facts[name]) : "not kept");
	return (
		<table className={styles.changes} aria-label="What changed">
			<thead>
				<tr>
					<th scope="col">Changed</th>
					<th scope="col">From</th>
					<th scope="col">To</th>
				</tr>
			</thead>
			<tbody>
				{names.map((name) => (
					<tr key={name}>
						<th scope="row">{fieldInWords(name)}</th>
						<td className={styles.before}>{shown(from, name)}</td>
						<td className={styles.after}>{shown(to, name)}</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}

/** The fields of a created or deleted record. Empty fields are shown only in the raw event. */
function Facts({ facts }: { facts: Facts }): ReactNode {
	const known = Object.entries(facts).filter(([, value]) => value !== null && !(Array.isArray(value) && !value.length));
	if (known.length === 0) return null;
	return <Properties rows={Object.fromEntries(known.map(([name, value]) => [fieldInWords(name), inWords(value)]))} />;
}

function Origin({ event }: { event: Event }): ReactNode {
	const request = event.request_id;
	return (
		<Properties
			rows={{
				Record: (
					<>
						<code>{event.resource_prn}</code> <Copy text={event.resource_prn} label="Copy the PRN" />
					</>
				),
				Address: event.address,
				Request: request && (
					<>
						<code>{request}</code> <Copy text={request} label="Copy the request id" />
					</>
				),
				...(event.caller_request_id && { "Caller's request": <code>{event.caller_request_id}</code> }),
			}}
		/>
	);
}

function Links({ event }: { event: Event }): ReactNode {
	const kind = kindInWords(parsePrn(event.resource_prn)?.kind ?? "record");
	return (
		<p className={styles.links}>
			{event.request_id && (
				<Link to="/audit" search={{ request: event.request_id }}>
					Everything of this request
				</Link>
			)}
			<Link to="/audit" search={{ about: event.resource_prn }}>
				Everything about this {kind}
			</Link>
			<Link to="/audit" search={{ actor: event.actor }}>
				Everything by the same
			</Link>
			<Link to="/prn/$prn" params={{ prn: event.resource_prn }}>
				Go to the {kind}
			</Link>
		</p>
	);
}

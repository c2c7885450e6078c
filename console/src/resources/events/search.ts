// The search in the audit trail: its parameters in the page's address, and the parameters for the API.

/** The search parameters of `/audit`. */
export interface AuditSearch {
	type?: string;
	/** The PRN of the actor, or `system`. */
	actor?: string;
	/** The PRN of a record that the event is about, or that caused it. */
	about?: string;
	request?: string;
	/** In RFC 3339. */
	from?: string | undefined;
	to?: string | undefined;
	/** The UUID of the opened event. */
	open?: string;
}

const TEXTS = ["type", "actor", "about", "request", "open"] as const;
const TIMES = ["from", "to"] as const;

/** Parses an address. Unknown values are ignored. */
export function auditSearch(given: Record<string, unknown>): AuditSearch {
	const search: AuditSearch = {};
	for (const name of TEXTS) {
		const value = given[name];
		if (typeof value === "string" && value.trim()) search[name] = value.trim();
	}
	for (const name of TIMES) {
		const value = given[name];
		if (typeof value === "string" && !Number.isNaN(Date.parse(value))) search[name] = new Date(value).toISOString();
	}
	return search;
}

function clausesOf({ from, to }: AuditSearch): string | undefined {
	const clauses = [from && `inserted_at>='${from}'`, to && `inserted_at<'${to}'`].filter(Boolean);
	return clauses.length > 0 ? clauses.join(" and ") : undefined;
}

/** The parameters of `GET /v1/events`. */
export function eventParameters(search: AuditSearch): Record<string, string> {
	const all = {
		type: search.type,
		actor_prn: search.actor,
		about_prn: search.about,
		request_id: search.request,
		search: clausesOf(search),
	};
	return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/** The URL of the found events as a file, for at most a year. */
export function exportOf(search: AuditSearch, format: "csv" | "jsonl", organization: string | undefined): string {
	const { request_id, search: times, ...same } = eventParameters({ ...search, from: undefined, to: undefined });
	const clauses = [times, request_id && `request_id:'${request_id}'`].filter(Boolean).join(" and ");
	const given = { format, since: search.from, until: search.to, search: clauses, organization_prn: organization };
	const all = Object.entries({ ...same, ...given }).filter((entry): entry is [string, string] => Boolean(entry[1]));
	return `/v1/events/export?${new URLSearchParams(all)}`;
}

/** Whether any filter is set. */
export function isNarrowed({ open: _, ...filters }: AuditSearch): boolean {
	return Object.keys(filters).length > 0;
}

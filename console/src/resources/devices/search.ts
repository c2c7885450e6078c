// The search in the list of devices: its parameters in the page's address, and the query in the API's search language.

/** The search parameters of `/devices`. */
export interface DevicesSearch {
	/** The typed text: plain words, or the API's search language. */
	q?: string;
	cohort?: string;
	outcome?: string;
	version?: string;
	quarantined?: boolean;
	/** The newest first where nothing is given. */
	sort?: "identifier";
}

const OUTCOMES = ["downloading", "installing", "installed", "failed", "rolled_back"];

function text(value: unknown): string | undefined {
	const given = typeof value === "number" ? String(value) : value;
	return typeof given === "string" && given.trim() ? given : undefined;
}

/** Parses an address. Unknown values are ignored. */
export function devicesSearch(given: Record<string, unknown>): DevicesSearch {
	const search: DevicesSearch = {};
	const q = text(given.q);
	const cohort = text(given.cohort);
	const outcome = text(given.outcome);
	const version = text(given.version);
	if (q) search.q = q;
	if (cohort) search.cohort = cohort;
	if (outcome && OUTCOMES.includes(outcome)) search.outcome = outcome;
	if (version) search.version = version;
	if (given.quarantined === true || given.quarantined === "true") search.quarantined = true;
	if (given.sort === "identifier") search.sort = "identifier";
	return search;
}

/** A quoted text in the API's search language. */
function literal(value: string): string {
	return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** Whether a text is in the search language: a field, an operator and a complete value. `SN-000042` is not. */
function isQuery(typed: string): boolean {
	return /^\s*[a-z_]+\s*(?::|~|-|<=?|>=?)\s*'/.test(typed) || /^\s*[a-z_]+:(?:true|false|\d)/.test(typed);
}

/** The query for the API; empty for all devices. */
export function queryOf({ q, cohort, outcome, version, quarantined }: DevicesSearch): string | undefined {
	const clauses = [];
	if (q) clauses.push(isQuery(q) ? q.trim() : `identifier-${literal(q.trim())}`);
	if (cohort) clauses.push(`cohort_prn:${literal(cohort)}`);
	if (outcome) clauses.push(`outcome:${literal(outcome)}`);
	if (version) clauses.push(`reported_release_version:${literal(version)}`);
	if (quarantined) clauses.push("quarantined:true");
	return clauses.length > 0 ? clauses.join(" and ") : undefined;
}

/** The number of filters besides the typed text. */
export function filtersOf({ q: _, sort: __, ...filters }: DevicesSearch): number {
	return Object.keys(filters).length;
}

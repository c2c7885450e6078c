// The search parameters of the pages about releases.

/** `/releases`. */
export function releasesSearch(given: Record<string, unknown>): { archived?: true } {
	return given.archived === true || given.archived === "true" ? { archived: true } : {};
}

/** `/cohorts/…`: a list in place of the graph, or the release whose panel is open, by its UUID. */
export function cohortSearch(given: Record<string, unknown>): { view?: "list"; release?: string } {
	if (given.view === "list") return { view: "list" };
	return typeof given.release === "string" && given.release ? { release: given.release } : {};
}

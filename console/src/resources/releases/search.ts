// The search parameters of the pages about releases.

/** `/releases`. */
export function releasesSearch(given: Record<string, unknown>): { archived?: true } {
	return given.archived === true || given.archived === "true" ? { archived: true } : {};
}

/** `/cohorts/…`: a list in place of the graph, the release whose panel is open, by its UUID, or the bundle that is to be released. */
export function cohortSearch(given: Record<string, unknown>): { view?: "list"; release?: string; bundle?: string } {
	if (typeof given.bundle === "string" && given.bundle) return { bundle: given.bundle };
	if (given.view === "list") return { view: "list" };
	return typeof given.release === "string" && given.release ? { release: given.release } : {};
}

// The search parameters of the pages about releases.

/** `/releases`. */
export function releasesSearch(given: Record<string, unknown>): { archived?: true } {
	return given.archived === true || given.archived === "true" ? { archived: true } : {};
}

/**
 * `/cohorts/…`: whether a list is shown instead of the graph, the UUID of the release whose panel is open, or the bundle to be released.
 */
export function cohortSearch(given: Record<string, unknown>): { view?: "list"; release?: string; bundle?: string } {
	if (typeof given.bundle === "string" && given.bundle) return { bundle: given.bundle };
	if (given.view === "list") return { view: "list" };
	return typeof given.release === "string" && given.release ? { release: given.release } : {};
}

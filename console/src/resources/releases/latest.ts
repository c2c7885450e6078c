import { useQueries, useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../api/client";
import { latestReleaseQuery, newestReleasesQuery } from "./queries";

type Release = Schemas["Release"];

/**
 * The latest release of each cohort; nothing while they are loading. Most are among the newest releases. For a cohort whose latest release
 * is older, its graph is fetched.
 */
export function useLatest(cohorts: readonly Schemas["Cohort"][]): ReadonlyMap<string, Release> | undefined {
	const { data } = useQuery(newestReleasesQuery);
	const ends = data?.releases.filter(({ next_release_prn: next }) => !next);
	const latest = new Map(ends?.map((release) => [release.cohort_prn, release]));
	const isWhole = !data?.next_page;
	const left = data && !isWhole ? cohorts.filter(({ prn }) => !latest.has(prn)) : [];
	const answers = useQueries({ queries: left.map(({ prn }) => latestReleaseQuery(prn)) });
	if (!data || answers.some(({ isPending }) => isPending)) return undefined;
	for (const { data: release } of answers) if (release) latest.set(release.cohort_prn, release);
	return latest;
}

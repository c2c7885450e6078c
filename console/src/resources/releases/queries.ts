import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { meQuery, queryClient } from "../../api/queries";
import { tagged } from "../../api/tagged";
import { parsePrn } from "../../words/prns";

const live = { meta: { followsAll: true, followsDevices: true } } as const;

/** The paths of releases contain their UUIDs, because their names are not unique. */
export function releaseId(prn: string): string {
	return parsePrn(prn)?.id ?? prn;
}

async function prnOf(id: string): Promise<string> {
	const me = await queryClient.ensureQueryData(meQuery);
	return `${me?.user.organization_prn ?? "prn:1"}:release:${id}`;
}

/** A release by its UUID, with its bundle, cohort and product, and its revision. */
export function wholeReleaseQuery(id: string) {
	return queryOptions({
		queryKey: ["release", "whole", id],
		queryFn: async ({ signal }) => {
			const query = { "expand[]": ["bundle", "cohort", "cohort.product"] };
			const prn = await prnOf(id);
			return tagged(api.GET("/v1/releases/{prn}", { params: { path: { prn }, query }, signal }));
		},
		...live,
	});
}

export function adoptionQuery(prn: string) {
	return queryOptions({
		queryKey: ["release", "adoption", prn],
		queryFn: ({ signal }) => answer(api.GET("/v1/releases/{prn}/adoption", { params: { path: { prn } }, signal })),
		...live,
	});
}

/** The newest releases of a cohort with their bundles, which the graph does not contain. */
export function releasesOfCohortQuery(cohortPrn: string | undefined, archived: "false" | "true" = "false") {
	return queryOptions({
		queryKey: ["release", "list", cohortPrn, archived],
		queryFn: ({ signal }) =>
			answer(
				api.GET("/v1/releases", {
					params: {
						query: { cohort_prn: cohortPrn ?? "", limit: 100, order: "desc", archived, "expand[]": ["bundle"] },
					},
					signal,
				}),
			),
		enabled: Boolean(cohortPrn),
		...live,
	});
}

/** Devices whose last update to the release had this outcome. If the server knows the order, the newest report comes first. */
export function devicesByOutcomeQuery(releasePrn: string, outcome: "failed" | "rolled_back") {
	return queryOptions({
		queryKey: ["device", "by_outcome", releasePrn, outcome],
		queryFn: ({ signal }) =>
			answer(
				api.GET("/v1/devices", {
					params: {
						query: { outcome_release_prn: releasePrn, outcome, limit: 5, order: "desc", "expand[]": ["last_report"] },
					},
					signal,
				}),
			),
		...live,
	});
}

/** The number of devices at each stage of an update to the release. */
export function outcomesQuery(releasePrn: string) {
	return queryOptions({
		queryKey: ["device", "outcomes", releasePrn],
		queryFn: ({ signal }) =>
			answer(
				api.GET("/v1/devices/facets", {
					params: { query: { by: "outcome", search: `outcome_release_prn:'${releasePrn}'` } },
					signal,
				}),
			),
		...live,
	});
}

/** Some of the devices that are on the release. */
export function devicesOnQuery(releasePrn: string) {
	return queryOptions({
		queryKey: ["device", "on", releasePrn],
		queryFn: ({ signal }) =>
			answer(
				api.GET("/v1/devices", {
					params: { query: { release_prn: releasePrn, limit: 8, order: "desc", "expand[]": ["product", "cohort"] } },
					signal,
				}),
			),
		...live,
	});
}

/** The newest hundred releases of all cohorts. */
export const newestReleasesQuery = queryOptions({
	queryKey: ["release", "list", "newest"],
	queryFn: ({ signal }) =>
		answer(api.GET("/v1/releases", { params: { query: { limit: 100, order: "desc" } }, signal })),
	meta: { followsAll: true },
});

/** The latest release of a cohort, or `null` if it has none. */
export function latestReleaseQuery(cohortPrn: string) {
	return queryOptions({
		queryKey: ["release", "latest", cohortPrn],
		queryFn: async ({ signal }) => {
			const params = { path: { prn: cohortPrn } };
			const { graph } = await answer(api.GET("/v1/cohorts/{prn}/graph", { params, signal }));
			const [latest] = graph.releases;
			if (!latest) return null;
			const path = { prn: latest.release_prn };
			return (await answer(api.GET("/v1/releases/{prn}", { params: { path }, signal }))).release;
		},
		meta: { followsAll: true },
	});
}

/** The newest hundred bundles, for choices. */
export const bundleChoicesQuery = queryOptions({
	queryKey: ["bundle", "list", "choices"],
	queryFn: ({ signal }) => answer(api.GET("/v1/bundles", { params: { query: { limit: 100, order: "desc" } }, signal })),
});

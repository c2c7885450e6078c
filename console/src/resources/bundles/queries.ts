import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

const PAGE = 50;

/** Bundles, the newest first, with their binaries. */
export function bundlesQuery(archived: boolean) {
	return infiniteQueryOptions({
		queryKey: ["bundle", "list", archived],
		queryFn: ({ pageParam, signal }) => {
			const which = archived ? ("any" as const) : ("false" as const);
			const query = { limit: PAGE, order: "desc", archived: which, "expand[]": ["binaries"] };
			return answer(
				api.GET("/v1/bundles", { params: { query: { ...query, ...(pageParam ? { page: pageParam } : {}) } }, signal }),
			);
		},
		initialPageParam: "",
		getNextPageParam: ({ next_page }) => next_page ?? undefined,
	});
}

export function bundleQuery(prn: string) {
	return queryOptions({
		queryKey: ["bundle", "one", prn],
		queryFn: async ({ signal }) =>
			(await answer(api.GET("/v1/bundles/{prn}", { params: { path: { prn } }, signal }))).bundle,
	});
}

/** Bundles with the same content, including archived ones. */
export function sameBundlesQuery(hash: string) {
	return queryOptions({
		queryKey: ["bundle", "of_hash", hash],
		queryFn: async ({ signal }) => {
			const query = { hash, limit: 10, archived: "any" } as const;
			return (await answer(api.GET("/v1/bundles", { params: { query }, signal }))).bundles;
		},
		meta: { followsAll: true },
	});
}

/** The newest bundles with a binary of an artifact version. */
export function bundlesOfVersionQuery(versionPrn: string) {
	return queryOptions({
		queryKey: ["bundle", "of_version", versionPrn],
		queryFn: async ({ signal }) => {
			const which = { artifact_version_prn: versionPrn, archived: "any" } as const;
			const query = { ...which, limit: 100, order: "desc", "expand[]": ["binaries"] };
			return (await answer(api.GET("/v1/bundles", { params: { query }, signal }))).bundles;
		},
		meta: { followsAll: true },
	});
}

/** The newest artifact versions with their artifacts, from which a bundle can be made. */
export const recentVersionsQuery = queryOptions({
	queryKey: ["artifact_version", "recent"],
	queryFn: async ({ signal }) => {
		const query = { limit: 100, order: "desc", "expand[]": ["artifact"] };
		return (await answer(api.GET("/v1/artifact_versions", { params: { query }, signal }))).artifact_versions;
	},
});

/** One artifact version, with its artifact. */
export function versionByPrnQuery(prn: string) {
	return queryOptions({
		queryKey: ["artifact_version", "by_prn", prn],
		queryFn: async ({ signal }) => {
			const params = { path: { prn }, query: { "expand[]": ["artifact"] } };
			return (await answer(api.GET("/v1/artifact_versions/{prn}", { params, signal }))).artifact_version;
		},
		staleTime: 60_000,
	});
}

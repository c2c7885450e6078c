import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

const PAGE = 20;

/** The versions of an artifact, page by page. */
export function versionsQuery(artifactPrn: string, archived: boolean) {
	return infiniteQueryOptions({
		queryKey: ["artifact_version", "list", artifactPrn, archived],
		queryFn: ({ pageParam, signal }) => {
			const query = {
				artifact_prn: artifactPrn,
				limit: PAGE,
				order: "desc",
				archived: archived ? "any" : "false",
			} as const;
			return answer(
				api.GET("/v1/artifact_versions", {
					params: { query: { ...query, ...(pageParam ? { page: pageParam } : {}) } },
					signal,
				}),
			);
		},
		initialPageParam: "",
		getNextPageParam: ({ next_page }) => next_page ?? undefined,
	});
}

/** The version of an artifact with this name, with the artifact, or `null` if there is none. */
export function versionQuery(artifact: string, version: string) {
	return queryOptions({
		queryKey: ["artifact_version", "one", artifact, version],
		queryFn: async ({ signal, client }) => {
			const named = { name: artifact, limit: 1, archived: "any" } as const;
			const { artifacts } = await client.fetchQuery({
				queryKey: ["artifact", "named", artifact],
				queryFn: () => answer(api.GET("/v1/artifacts", { params: { query: named }, signal })),
				staleTime: 60_000,
			});
			const found = artifacts[0];
			if (!found) return null;
			const query = { artifact_prn: found.prn, version, limit: 1, archived: "any" as const, "expand[]": ["artifact"] };
			const list = await answer(api.GET("/v1/artifact_versions", { params: { query }, signal }));
			return list.artifact_versions[0] ?? null;
		},
	});
}

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

const PAGE = 50;

/** Artifacts, the newest first. Archived ones are included only on request. */
export function artifactsQuery(archived: boolean) {
	return infiniteQueryOptions({
		queryKey: ["artifact", "list", archived],
		queryFn: ({ pageParam, signal }) => {
			const query = { limit: PAGE, order: "desc", archived: archived ? "any" : "false" } as const;
			return answer(
				api.GET("/v1/artifacts", {
					params: { query: { ...query, ...(pageParam ? { page: pageParam } : {}) } },
					signal,
				}),
			);
		},
		initialPageParam: "",
		getNextPageParam: ({ next_page }) => next_page ?? undefined,
	});
}

/** The artifact with this name, or `null` if there is none. */
export function artifactQuery(name: string) {
	return queryOptions({
		queryKey: ["artifact", "one", name],
		queryFn: async ({ signal }) => {
			const query = { name, limit: 1, archived: "any" } as const;
			const { artifacts } = await answer(api.GET("/v1/artifacts", { params: { query }, signal }));
			return artifacts[0] ?? null;
		},
	});
}

import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

/** The organization's keys and people's own ones, the newest first; those that work, or all. */
export function apiKeysQuery(isWithRevoked: boolean) {
	return queryOptions({
		queryKey: ["api_key", "list", isWithRevoked],
		queryFn: async ({ signal }) => {
			const query = { limit: 100, order: "desc" } as const;
			const list = await answer(api.GET("/v1/api_keys", { params: { query }, signal }));
			const keys = list.api_keys.filter(({ revoked_at }) => isWithRevoked || !revoked_at);
			return { keys, hasMore: Boolean(list.next_page) };
		},
		meta: { followsAll: true },
	});
}

import { answer, api } from "../../api/client";
import { pagedQuery, usePaged } from "../../api/pages";

const apiKeysQuery = pagedQuery(["api_key", "list"], (query, signal) =>
	answer(api.GET("/v1/api_keys", { params: { query: { ...query, order: "desc" } }, signal })),
);

/** API keys including personal ones, the newest first; only those that work, or all. */
export function useApiKeys(isWithRevoked: boolean) {
	return usePaged(apiKeysQuery, ({ api_keys: keys }) =>
		keys.filter(({ revoked_at: revoked }) => isWithRevoked || !revoked),
	);
}

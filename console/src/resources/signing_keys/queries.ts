import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { pagedQuery, usePaged } from "../../api/pages";

const signingKeysQuery = pagedQuery(["signing_key", "list"], (query, signal) =>
	answer(api.GET("/v1/signing_keys", { params: { query }, signal })),
);

export const useSigningKeys = () => usePaged(signingKeysQuery, ({ signing_keys: keys }) => keys);

/** The newest signatures that a key made. */
export function signaturesQuery(prn: string) {
	return queryOptions({
		queryKey: ["binary_signature", "of_key", prn],
		queryFn: ({ signal }) => {
			const query = { signing_key_prn: prn, limit: 100, order: "desc" } as const;
			return answer(api.GET("/v1/binary_signatures", { params: { query }, signal }));
		},
		meta: { followsAll: true },
	});
}

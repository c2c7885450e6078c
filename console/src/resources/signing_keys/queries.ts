import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

export const signingKeysQuery = queryOptions({
	queryKey: ["signing_key", "list"],
	queryFn: ({ signal }) => answer(api.GET("/v1/signing_keys", { params: { query: { limit: 100 } }, signal })),
	meta: { followsAll: true },
});

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

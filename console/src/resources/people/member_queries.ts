import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

export const membershipsQuery = queryOptions({
	queryKey: ["membership", "list"],
	queryFn: ({ signal }) => answer(api.GET("/v1/memberships", { params: { query: { limit: 100 } }, signal })),
	meta: { followsAll: true },
});

/** Invitations that can still be accepted. */
export const invitationsQuery = queryOptions({
	queryKey: ["invitation", "list"],
	queryFn: async ({ signal }) => {
		const query = { limit: 100, order: "desc" } as const;
		const { invitations } = await answer(api.GET("/v1/invitations", { params: { query }, signal }));
		return invitations.filter(({ accepted_at, revoked_at }) => !accepted_at && !revoked_at);
	},
	meta: { followsAll: true },
});

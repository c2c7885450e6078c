import { answer, api } from "../../api/client";
import { pagedQuery, usePaged } from "../../api/pages";

const membershipsQuery = pagedQuery(["membership", "list"], (query, signal) =>
	answer(api.GET("/v1/memberships", { params: { query }, signal })),
);

export const useMemberships = () => usePaged(membershipsQuery, ({ memberships }) => memberships);

const invitationsQuery = pagedQuery(["invitation", "list"], (query, signal) =>
	answer(api.GET("/v1/invitations", { params: { query: { ...query, order: "desc" } }, signal })),
);

/** Invitations that can still be accepted. */
export function useInvitations() {
	return usePaged(invitationsQuery, ({ invitations }) =>
		invitations.filter(({ accepted_at: accepted, revoked_at: revoked }) => !accepted && !revoked),
	);
}

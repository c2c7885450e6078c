import { useMutation, useQuery } from "@tanstack/react-query";
import { api, change, type Schemas } from "../../api/client";
import { hasScope, type Permission, usePermission } from "../../api/permissions";
import { meQuery, queryClient } from "../../api/queries";
import { notify } from "../../ui/toasts";

/** A state that people can request for a binary. */
type Goal = "hashable" | "hashing" | "uploadable";

export interface BinaryActions {
	permission: Permission;
	isBusy: boolean;
	go: (state: Goal) => void;
}

const DONE: Record<Goal, string> = {
	hashable: "The server verifies the upload.",
	hashing: "The server verifies it again.",
	uploadable: "It awaits its content anew.",
};

/** Requests changes of a binary's state, as far as the server allows them. */
export function useBinaryActions(binary: Schemas["Binary"]): BinaryActions {
	const permission = usePermission("binaries_update");
	const move = useMutation({
		mutationFn: (state: Goal) =>
			change(() => api.PATCH("/v1/binaries/{prn}", { params: { path: { prn: binary.prn } }, body: { state } })),
		onSuccess: async (_, state) => {
			await queryClient.invalidateQueries({ queryKey: ["binary"] });
			notify({ tone: "good", text: DONE[state] });
		},
		onError: (error) => notify({ tone: "bad", text: error.message }),
	});
	return { permission, isBusy: move.isPending, go: (state) => move.mutate(state) };
}

const DESTROY = "binary.destroy";

/** Destroying is the same operation as other changes of the state, but needs another scope. */
export function useDestroyPermission(): Permission {
	const { data } = useQuery(meQuery);
	if (hasScope(data?.user.scopes ?? [], DESTROY)) return { allowed: true };
	return { allowed: false, reason: `This takes the scope ${DESTROY}. An administrator can grant it.` };
}

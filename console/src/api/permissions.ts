// The permissions of the signed-in person, to disable what they may not do. The server checks permissions in any case.
import { useQuery } from "@tanstack/react-query";
import { scopes } from "./generated/scopes";
import { meQuery } from "./queries";

/** An operation of the API that needs a scope. */
export type ScopedOperation = keyof typeof scopes;

/** Scopes that include others, as in the server's rules (`release.update` includes stopping). */
const INCLUDED: Record<string, string> = { "release.stop": "release.update" };

export function hasScope(granted: readonly string[], scope: string): boolean {
	const wider = INCLUDED[scope];
	return granted.includes(scope) || (wider !== undefined && granted.includes(wider));
}

/** Whether an operation is allowed. If not, the reason as a sentence. */
export interface Permission {
	allowed: boolean;
	reason?: string;
}

export function usePermission(operation: ScopedOperation): Permission {
	const { data } = useQuery(meQuery);
	const scope = scopes[operation];
	if (hasScope(data?.user.scopes ?? [], scope)) return { allowed: true };
	return { allowed: false, reason: `This takes the scope ${scope}. An administrator can grant it.` };
}

// What the signed-in person may do, to grey out what they may not. The server decides in any case.
import { useQuery } from "@tanstack/react-query";
import { scopes } from "./generated/scopes";
import { meQuery } from "./queries";

/** An operation of the API that needs a scope. */
export type ScopedOperation = keyof typeof scopes;

/** Scopes that have others in them, as the server's rules say (`release.update` can stop as well). */
const INCLUDED: Record<string, string> = { "release.stop": "release.update" };

export function hasScope(granted: readonly string[], scope: string): boolean {
	const wider = INCLUDED[scope];
	return granted.includes(scope) || (wider !== undefined && granted.includes(wider));
}

/** Whether an operation is allowed, and else why it is not, as a sentence. */
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

// The cache of answers in the browser. Its keys begin with the kind of record as in PRNs (`["device", …]`), so that an event of the stream
// finds the outdated answers (live.ts).
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { answer, api } from "./client";
import { ApiError, isStatus, Unreachable } from "./errors";

/** Reads are retried if that can help: if the server is busy or can't be reached. */
function isWorthAnotherTry(failures: number, error: Error): boolean {
	if (error instanceof Unreachable) return failures < 5;
	return error instanceof ApiError && [429, 503].includes(error.status) && failures < 5;
}

function waitBefore(failures: number, error: Error): number {
	const asked = error instanceof ApiError ? error.retryAfter : null;
	return asked ? asked * 1000 : Math.min(1000 * 2 ** failures, 15_000);
}

export const queryClient = new QueryClient({
	defaultOptions: {
		queries: { retry: isWorthAnotherTry, retryDelay: waitBefore, staleTime: 10_000, gcTime: 300_000 },
		mutations: { retry: false },
	},
});

/** The signed-in person and their permissions here, or `null` if nobody is signed in. */
export const meQuery = queryOptions({
	queryKey: ["me"],
	queryFn: async ({ signal, client }) => {
		try {
			return await answer(api.GET("/v1/users/me", { signal }));
		} catch (error) {
			// If a session ends while a page is open, the page stays, and a dialog above it asks to sign in again (shell/demands.tsx).
			if (isStatus(error, 401) && !client.getQueryData(["me"])) return null;
			throw error;
		}
	},
	staleTime: 60_000,
});

export const signInMethodsQuery = queryOptions({
	queryKey: ["sign_in_methods"],
	queryFn: ({ signal }) => answer(api.GET("/v1/sign_in/methods", { signal })),
});

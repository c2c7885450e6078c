// The browser's memory of answers. Keys begin with the kind of record as PRNs name it (`["device", …]`), so that a hint of the event stream
// finds what it puts out of date (live.ts).
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { answer, api } from "./client";
import { ApiError, isStatus, Unreachable } from "./errors";

/** Reads are repeated where that can help: the server is busy, or out of reach. */
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

/** Who is signed in, and what they may do here. `null`: nobody is. */
export const meQuery = queryOptions({
	queryKey: ["me"],
	queryFn: async ({ signal, client }) => {
		try {
			return await answer(api.GET("/v1/users/me", { signal }));
		} catch (error) {
			// A session that ends in the middle keeps the page: the dialog above it asks to sign in (shell/demands.tsx).
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

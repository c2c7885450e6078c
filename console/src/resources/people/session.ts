// Signing in, and its effects on this page.
import { answer, api, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";

/** The password was correct, and the account also needs a code. */
interface NeedsCode {
	token: string;
}

/** Signs in with a password. Resolves to the additional step, or to nothing. */
export async function signIn(email: string, password: string): Promise<NeedsCode | null> {
	const given = await answer<Schemas["SignedIn"] | Schemas["SecondFactorNeeded"]>(
		api.POST("/v1/sign_in", { body: { email, password } }),
	);
	return given && "second_factor_token" in given ? { token: given.second_factor_token } : null;
}

/** The second step, with a code of the app or a recovery code. */
export async function sendCode(token: string, code: string): Promise<void> {
	await answer(api.POST("/v1/sign_in/second_factor", { body: { second_factor_token: token, code } }));
}

/** Clears the cache, which may contain answers for somebody else, and fetches everything again. */
export async function forgetAndAskAgain(): Promise<void> {
	await queryClient.resetQueries();
}

// React may call this twice.
let taken = "";

/** The token of a link, removed from the address bar: it works once, and must not stay visible on a screen or in the history. */
export function takeTokenFromAddress(): string {
	const token = window.location.hash.slice(1);
	if (token) {
		taken = token;
		window.history.replaceState(null, "", window.location.pathname);
	}
	return taken;
}

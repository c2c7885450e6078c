// Signing in, and what follows from it in this page.
import { answer, api, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";

/** The password was right, and the account asks for a code as well. */
interface NeedsCode {
	token: string;
}

/** Signs in by password. Resolves to what is needed besides, or to nothing. */
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

/** Forgets what nobody, or somebody else, was shown, and asks anew. */
export async function forgetAndAskAgain(): Promise<void> {
	await queryClient.resetQueries();
}

// React may ask twice.
let taken = "";

/** The token of a link, taken out of the address bar: it is good once, and nobody should read it from a screen or a history. */
export function takeTokenFromAddress(): string {
	const token = window.location.hash.slice(1);
	if (token) {
		taken = token;
		window.history.replaceState(null, "", window.location.pathname);
	}
	return taken;
}

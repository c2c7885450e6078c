import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { signInMethodsQuery } from "../api/queries";
import { forgetAndAskAgain } from "../resources/people/session";
import { SignInForm } from "../resources/people/sign_in_form";
import { Command } from "../ui/copy";
import { Gate } from "../ui/gate";

/** Shown at any address if nobody is signed in. Afterwards the page of that address is shown. */
export function SignInPage(): ReactNode {
	const { data } = useQuery(signInMethodsQuery);
	if (data?.setup_needed) return <NobodyYet />;
	return (
		<Gate title="Sign in">
			<SignInForm onDone={() => void forgetAndAskAgain()} />
			<p>Forgot the password? An administrator can make a link with which you choose a new one.</p>
		</Gate>
	);
}

function NobodyYet(): ReactNode {
	return (
		<Gate
			title="This server has no people yet"
			sentence="When it started, it wrote a link for the first person into its data folder. Whoever can read that file opens it, and becomes the administrator."
		>
			<Command label="On the server's machine" text="cat olivine-data/setup-link" />
			<Command label="If it is lost" text="olivine users setup-link" />
		</Gate>
	);
}

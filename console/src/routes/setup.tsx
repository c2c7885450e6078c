import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { answer, api } from "../api/client";
import { signInMethodsQuery } from "../api/queries";
import { PASSWORD_HELP } from "../resources/people/passwords";
import { forgetAndAskAgain, takeTokenFromAddress } from "../resources/people/session";
import { Button } from "../ui/button";
import { PasswordField, TextField } from "../ui/field";
import { Form } from "../ui/form";
import { Gate } from "../ui/gate";
import { Link } from "../ui/link";

/** `/setup#<token>`: creates the first person, who administrates the installation. */
export function SetupPage(): ReactNode {
	const [token] = useState(takeTokenFromAddress);
	const navigate = useNavigate();
	const { data } = useQuery(signInMethodsQuery);
	const setUp = useMutation({
		mutationFn: ({ name, email, password }: Record<string, string>) =>
			answer(
				api.POST("/v1/setup", { body: { token, name: name ?? "", email: email ?? "", password: password ?? "" } }),
			),
		onSuccess: async () => {
			await navigate({ to: "/" });
			await forgetAndAskAgain();
		},
	});
	if (data && !data.setup_needed) return <IsDone />;
	if (!token) return <NoToken />;
	return (
		<Gate
			title="Set up Olivine"
			sentence="You become the administrator of this server. Others are invited by you afterwards."
		>
			<Form
				label="Set up"
				error={setUp.error}
				onSubmit={(values) => setUp.mutate(values)}
				actions={
					<Button type="submit" look="primary" isBusy={setUp.isPending}>
						Create the account
					</Button>
				}
			>
				<TextField label="Your name" name="name" autoComplete="name" isRequired autoFocus />
				<TextField
					label="E-mail"
					name="email"
					type="email"
					autoComplete="username"
					isRequired
					help="You sign in with it."
				/>
				<PasswordField label="Password" name="password" autoComplete="new-password" isRequired help={PASSWORD_HELP} />
			</Form>
		</Gate>
	);
}

function IsDone(): ReactNode {
	return (
		<Gate
			title="It is set up already"
			sentence="This server has an administrator, so the link for the first person works no more."
		>
			<p>
				<Link to="/" look="primary">
					Sign in
				</Link>
			</p>
		</Gate>
	);
}

function NoToken(): ReactNode {
	return (
		<Gate
			title="This link is not complete"
			sentence="It has to end with # and a token. Open it again from the file setup-link in the server's data folder, or make a new one with `olivine users setup-link`."
		>
			<span />
		</Gate>
	);
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { answer, api, change, type Schemas } from "../api/client";
import { meQuery } from "../api/queries";
import { Grants } from "../resources/people/grants";
import { PASSWORD_HELP } from "../resources/people/passwords";
import { forgetAndAskAgain, takeTokenFromAddress } from "../resources/people/session";
import { SignInForm } from "../resources/people/sign_in_form";
import { Demands } from "../shell/demands";
import { Button } from "../ui/button";
import { ErrorNote } from "../ui/error_note";
import { PasswordField, TextField } from "../ui/field";
import { Form } from "../ui/form";
import { Gate } from "../ui/gate";
import { Properties } from "../ui/properties";
import { Time } from "../ui/time";

/** `/invitation#<token>`: shows an invitation, and lets the person join. Looking at it does not use it up. */
export function InvitationPage(): ReactNode {
	const [token] = useState(takeTokenFromAddress);
	const { data, error } = useQuery({
		queryKey: ["invitation_link", token],
		queryFn: () => answer(api.POST("/v1/invitations/look", { body: { token } })),
		staleTime: Number.POSITIVE_INFINITY,
	});
	if (error) {
		return (
			<Gate title="This invitation can't be opened">
				<ErrorNote error={error} />
				<p>Ask the person who sent it for a new one.</p>
			</Gate>
		);
	}
	if (!data) return <div aria-busy="true" />;
	return (
		<Gate title={`Join ${data.organization_name}`} sentence={`The invitation is for ${data.email}.`}>
			<Properties
				rows={{
					"You will be": <Grants grants={data.grants} />,
					"Works until": <Time at={data.expires_at} />,
				}}
			/>
			<Accept token={token} invitation={data} />
			<Demands />
		</Gate>
	);
}

function Accept({ token, invitation }: { token: string; invitation: Schemas["InvitationShown"] }): ReactNode {
	const { data: me } = useQuery(meQuery);
	const [hasAccount, setHasAccount] = useState(false);
	if (me?.user.email?.toLowerCase() === invitation.email.toLowerCase())
		return <JoinAs token={token} name={me.user.name} />;
	if (hasAccount) {
		return (
			<>
				<SignInForm email={invitation.email} onDone={() => void forgetAndAskAgain()} />
				<Button look="quiet" onPress={() => setHasAccount(false)}>
					I have no account yet
				</Button>
			</>
		);
	}
	return <NewAccount token={token} email={invitation.email} onHasAccount={() => setHasAccount(true)} />;
}

function useAccept(token: string) {
	const navigate = useNavigate();
	return useMutation({
		mutationFn: (values: Record<string, string>) =>
			change(() =>
				api.POST("/v1/invitations/accept", {
					body: { token, name: values.name ?? null, password: values.password ?? null },
				}),
			),
		onSuccess: async () => {
			await navigate({ to: "/" });
			await forgetAndAskAgain();
		},
	});
}

function JoinAs({ token, name }: { token: string; name: string }): ReactNode {
	const accept = useAccept(token);
	return (
		<Form
			label="Join"
			error={accept.error}
			onSubmit={() => accept.mutate({})}
			actions={
				<Button type="submit" look="primary" isBusy={accept.isPending}>
					Join as {name}
				</Button>
			}
		>
			<span />
		</Form>
	);
}

interface NewAccountProps {
	token: string;
	email: string;
	onHasAccount: () => void;
}

function NewAccount({ token, email, onHasAccount }: NewAccountProps): ReactNode {
	const accept = useAccept(token);
	return (
		<Form
			label="Create an account"
			error={accept.error}
			onSubmit={(values) => accept.mutate(values)}
			actions={
				<>
					<Button type="submit" look="primary" isBusy={accept.isPending}>
						Create the account and join
					</Button>
					<Button look="quiet" onPress={onHasAccount}>
						I have an account
					</Button>
				</>
			}
		>
			<input type="hidden" autoComplete="username" value={email} readOnly />
			<TextField label="Your name" name="name" autoComplete="name" isRequired autoFocus />
			<PasswordField label="Password" name="password" autoComplete="new-password" isRequired help={PASSWORD_HELP} />
		</Form>
	);
}

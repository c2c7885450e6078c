import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { isCode } from "../../api/errors";
import { Button } from "../../ui/button";
import { PasswordField, TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { sendCode, signIn } from "./session";

interface SignInFormProps {
	onDone: () => void;
	/** The e-mail address, if it is known who signs in again. */
	email?: string | undefined;
}

/** E-mail address and password, then a code if the account needs one. */
export function SignInForm({ onDone, email }: SignInFormProps): ReactNode {
	const [token, setToken] = useState<string | null>(null);
	const first = useMutation({
		mutationFn: (values: Record<string, string>) => signIn(values.email ?? "", values.password ?? ""),
		onSuccess: (needs) => (needs ? setToken(needs.token) : onDone()),
	});
	if (token) return <CodeForm token={token} onDone={onDone} onStartOver={() => setToken(null)} />;
	return (
		<Form
			label="Sign in"
			error={first.error}
			onSubmit={(values) => first.mutate(values)}
			actions={
				<Button type="submit" look="primary" isBusy={first.isPending}>
					Sign in
				</Button>
			}
		>
			<TextField
				label="E-mail"
				name="email"
				type="email"
				autoComplete="username"
				defaultValue={email ?? ""}
				isReadOnly={email !== undefined}
				isRequired
				autoFocus={email === undefined}
			/>
			<PasswordField
				label="Password"
				name="password"
				autoComplete="current-password"
				isRequired
				autoFocus={email !== undefined}
			/>
		</Form>
	);
}

interface CodeFormProps {
	token: string;
	onDone: () => void;
	onStartOver: () => void;
}

function CodeForm({ token, onDone, onStartOver }: CodeFormProps): ReactNode {
	const send = useMutation({
		mutationFn: (values: Record<string, string>) => sendCode(token, (values.code ?? "").trim()),
		onSuccess: onDone,
		onError: (error) => {
			if (isCode(error, "link_invalid") || isCode(error, "link_expired")) onStartOver();
		},
	});
	return (
		<Form
			label="Second factor"
			error={send.error}
			onSubmit={(values) => send.mutate(values)}
			actions={
				<>
					<Button type="submit" look="primary" isBusy={send.isPending}>
						Go on
					</Button>
					<Button look="quiet" onPress={onStartOver}>
						Start over
					</Button>
				</>
			}
		>
			<TextField
				label="Code"
				name="code"
				help="Six digits from your authenticator app, or one of your recovery codes."
				autoComplete="one-time-code"
				isRequired
				isMono
				autoFocus
			/>
		</Form>
	);
}

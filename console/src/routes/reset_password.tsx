import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { answer, api } from "../api/client";
import { PASSWORD_HELP } from "../resources/people/passwords";
import { forgetAndAskAgain, takeTokenFromAddress } from "../resources/people/session";
import { Button } from "../ui/button";
import { PasswordField } from "../ui/field";
import { Form } from "../ui/form";
import { Gate } from "../ui/gate";
import { notify, Toasts } from "../ui/toasts";

/** `/reset-password#<token>`: sets a new password. It does not sign the person in. */
export function ResetPasswordPage(): ReactNode {
	const [token] = useState(takeTokenFromAddress);
	const navigate = useNavigate();
	const reset = useMutation({
		mutationFn: ({ password }: Record<string, string>) =>
			answer(api.POST("/v1/password_resets/complete", { body: { token, password: password ?? "" } })),
		onSuccess: async () => {
			notify({ tone: "good", text: "The password is changed. Sign in with it." });
			await navigate({ to: "/" });
			await forgetAndAskAgain();
		},
	});
	return (
		<Gate
			title="Choose a new password"
			sentence="All browsers are signed out, and personal API keys stop working. A second factor stays as it is."
		>
			<Form
				label="Choose a new password"
				error={reset.error}
				onSubmit={(values) => reset.mutate(values)}
				actions={
					<Button type="submit" look="primary" isBusy={reset.isPending}>
						Change the password
					</Button>
				}
			>
				<PasswordField
					label="New password"
					name="password"
					autoComplete="new-password"
					isRequired
					help={PASSWORD_HELP}
					autoFocus
				/>
			</Form>
			<Toasts />
		</Gate>
	);
}

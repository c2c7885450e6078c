import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change } from "../../api/client";
import { Button } from "../../ui/button";
import { PasswordField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { PASSWORD_HELP } from "./passwords";

/** Sets a new password. This signs out all other browsers. */
export function PasswordSection(): ReactNode {
	const [password, setPassword] = useState("");
	const save = useMutation({
		mutationFn: () => change(() => api.POST("/v1/users/me/password", { body: { password } })),
		onSuccess: () => {
			setPassword("");
			notify({ tone: "good", text: "The password is changed. All other browsers are signed out." });
		},
	});
	return (
		<Form
			label="Password"
			error={save.error}
			onSubmit={() => save.mutate()}
			actions={
				<Button type="submit" isBusy={save.isPending} isDisabled={password === ""}>
					Change the password
				</Button>
			}
		>
			<PasswordField
				label="New password"
				name="password"
				value={password}
				onChange={setPassword}
				autoComplete="new-password"
				help={PASSWORD_HELP}
			/>
		</Form>
	);
}

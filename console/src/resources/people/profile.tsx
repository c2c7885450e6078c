import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { meQuery, queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";

/** The name that others see, and the e-mail address. */
export function Profile({ me }: { me: Schemas["Me"] }): ReactNode {
	const [name, setName] = useState(me.name);
	const rename = useMutation({
		mutationFn: () => change(() => api.PATCH("/v1/users/me", { body: { name } })),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
			notify({ tone: "good", text: "Your name is changed." });
		},
	});
	return (
		<Form
			label="You"
			error={rename.error}
			onSubmit={() => rename.mutate()}
			actions={
				<Button type="submit" isBusy={rename.isPending} isDisabled={name === me.name || !name.trim()}>
					Save
				</Button>
			}
		>
			<TextField label="Name" name="name" value={name} onChange={setName} isRequired autoComplete="name" />
			<TextField label="E-mail" name="email" value={me.email ?? ""} isReadOnly />
		</Form>
	);
}

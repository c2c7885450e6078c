import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { folded, quoted } from "../../words/commands";
import { flagsOf, grantOf, missingIn, newDraft } from "./grant_draft";
import { GrantEditor } from "./grant_editor";
import { useReaches } from "./reach";

interface InviteDialogProps {
	onClose: () => void;
	onInvited: (url: string, email: string) => void;
}

/** Invites a person with a role and its limits. */
export function InviteDialog({ onClose, onInvited }: InviteDialogProps): ReactNode {
	const [email, setEmail] = useState("");
	const [drafts, setDrafts] = useState([newDraft()]);
	const { names } = useReaches();
	const missing = missingIn(drafts);
	const flags = flagsOf(drafts, names);
	const invite = useMutation({
		mutationFn: () => change(() => api.POST("/v1/invitations", { body: { email, grants: drafts.map(grantOf) } })),
		onSuccess: async ({ invitation }) => {
			await queryClient.invalidateQueries({ queryKey: ["invitation"] });
			onClose();
			onInvited(invitation.url ?? "", invitation.email);
		},
	});
	return (
		<Dialog title="Invite a person" isOpen onClose={onClose}>
			<Form
				label="Invite a person"
				error={invite.error}
				onSubmit={() => !missing && invite.mutate()}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={invite.isPending} isDisabled={missing !== undefined}>
							Make the link
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<TextField
					label="E-mail"
					name="email"
					type="email"
					value={email}
					onChange={setEmail}
					autoFocus
					autoComplete="off"
					help="You get a link to pass on. Nothing is sent."
				/>
				<GrantEditor drafts={drafts} onChange={setDrafts} />
				{missing && <p role="status">{missing}</p>}
				{flags && <Command text={folded(`peridio invitations create --email ${quoted(email || "…")}${flags}`)} />}
			</Form>
		</Dialog>
	);
}

import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { folded, quoted } from "../../words/commands";
import { draftOf, flagsOf, grantOf, missingIn } from "./grant_draft";
import { GrantEditor } from "./grant_editor";
import { useReaches } from "./reach";

interface ChangeMemberProps {
	membership: Schemas["Membership"];
	onClose: () => void;
}

/** Changes the permissions of a person. */
export function ChangeMemberDialog({ membership, onClose }: ChangeMemberProps): ReactNode {
	const { prn, user } = membership;
	const [drafts, setDrafts] = useState(() => membership.grants.map(draftOf));
	const { names } = useReaches();
	const missing = missingIn(drafts);
	const flags = flagsOf(drafts, names);
	const update = useMutation({
		mutationFn: () =>
			change(() =>
				api.PATCH("/v1/memberships/{prn}", { params: { path: { prn } }, body: { grants: drafts.map(grantOf) } }),
			),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["membership"] });
			notify({ tone: "good", text: `What ${user.name} may do is changed, from the next request on.` });
			onClose();
		},
	});
	return (
		<Dialog title={`What ${user.name} may do`} isOpen onClose={onClose}>
			<Form
				label="Roles"
				error={update.error}
				onSubmit={() => !missing && update.mutate()}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={update.isPending} isDisabled={missing !== undefined}>
							Save
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<GrantEditor drafts={drafts} onChange={setDrafts} />
				{missing && <p role="status">{missing}</p>}
				{flags && <Command text={folded(`peridio memberships update ${quoted(user.email)}${flags}`)} />}
			</Form>
		</Dialog>
	);
}

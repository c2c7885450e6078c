import { useMutation } from "@tanstack/react-query";
import { type ReactNode, Suspense, useState } from "react";
import { api, change } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { TimeField } from "../../ui/widgets";
import { folded, quoted } from "../../words/commands";
import { flagsOf, grantOf, missingIn, newDraft } from "../people/grant_draft";
import { GrantEditor } from "../people/grant_editor";
import { useReaches } from "../people/reach";

interface NewKeyProps {
	onClose: () => void;
	onMade: (secret: string, name: string) => void;
}

/** Creates a key for a program: its purpose, permissions, products and cohorts, and expiry. */
export function NewKeyDialog({ onClose, onMade }: NewKeyProps): ReactNode {
	const [name, setName] = useState("");
	const [drafts, setDrafts] = useState([newDraft()]);
	const [expiresAt, setExpiresAt] = useState<string | null>(null);
	const { names } = useReaches();
	const missing = missingIn(drafts);
	const make = useMutation({
		mutationFn: () =>
			change(() => {
				const grant = drafts[0] ? grantOf(drafts[0]) : {};
				return api.POST("/v1/api_keys", { body: { name, ...grant, expires_at: expiresAt } });
			}),
		onSuccess: async ({ api_key }) => {
			await queryClient.invalidateQueries({ queryKey: ["api_key"] });
			onClose();
			onMade(api_key.key ?? "", api_key.name);
		},
	});
	const until = expiresAt ? ` --expires-at ${expiresAt.replace(/\.\d+/, "")}` : "";
	return (
		<Dialog title="New API key" isOpen onClose={onClose}>
			<Form
				label="New API key"
				error={make.error}
				onSubmit={() => !missing && make.mutate()}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={make.isPending} isDisabled={missing !== undefined}>
							Make the key
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<TextField
					label="What it is for"
					name="name"
					value={name}
					onChange={setName}
					placeholder="ci"
					autoFocus
					autoComplete="off"
				/>
				<GrantEditor drafts={drafts} onChange={setDrafts} isSingle />
				<Suspense fallback={null}>
					<TimeField label="Ends" value={expiresAt} onChange={setExpiresAt} help="Empty: never." />
				</Suspense>
				{missing && <p role="status">{missing}</p>}
				<Command
					text={folded(`peridio api-keys create --name ${quoted(name || "…")}${flagsOf(drafts, names)}${until}`)}
				/>
			</Form>
		</Dialog>
	);
}

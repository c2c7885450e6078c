import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, change, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { ConfirmByTyping } from "../../ui/confirm";
import { Command } from "../../ui/copy";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";
import { Impact } from "./impact";

interface DestroyProps {
	binary: Schemas["Binary"];
	title: string;
	/** The text to type as a confirmation: the version and the target. */
	word: string;
	onClose: () => void;
}

/** If the binary was verified, its content is destroyed and its record stays. Otherwise the record is deleted as well. */
export function canBeDestroyed({ state }: Schemas["Binary"]): boolean {
	return state === "signable" || state === "signed";
}

function destroyed({ prn }: Schemas["Binary"]): Promise<unknown> {
	const params = { path: { prn }, query: { confirm: prn } };
	return change(() => api.PATCH("/v1/binaries/{prn}", { params, body: { state: "destroyed" } }));
}

function deleted({ prn }: Schemas["Binary"]): Promise<unknown> {
	return change(() => api.DELETE("/v1/binaries/{prn}", { params: { path: { prn } } }));
}

/** Destroys the content. The person first sees the effect, and confirms by typing the name. */
export function DestroyDialog({ binary, title, word, onClose }: DestroyProps): ReactNode {
	const isRecordKept = canBeDestroyed(binary);
	const verb = isRecordKept ? "Destroy" : "Delete";
	const destroy = useMutation({
		mutationFn: () => (isRecordKept ? destroyed(binary) : deleted(binary)),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["binary"] });
			notify({ tone: "good", text: isRecordKept ? `The content of ${title} is destroyed.` : `${title} is deleted.` });
			onClose();
		},
	});
	const command = isRecordKept
		? `peridio binaries impact ${quoted(title)}\nperidio binaries destroy ${quoted(title)} --confirm ${binary.prn}`
		: `peridio binaries delete ${quoted(title)}`;
	return (
		<ConfirmByTyping
			title={`${verb} ${title}`}
			word={word}
			action={`${verb} for good`}
			isOpen
			onClose={onClose}
			onConfirm={() => destroy.mutate()}
			isBusy={destroy.isPending}
			error={destroy.error}
		>
			{isRecordKept ? <Impact prn={binary.prn} /> : <p>The record is deleted, with all that was uploaded for it.</p>}
			<Command text={command} />
		</ConfirmByTyping>
	);
}

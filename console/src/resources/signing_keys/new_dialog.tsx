import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { FileField } from "../../ui/file_field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { folded, quoted } from "../../words/commands";

const OPENSSL = `openssl genpkey -algorithm ed25519 -out signing.pem
openssl pkey -in signing.pem -pubout -out signing.pub.pem`;

/** Whether a text contains a private key. It is not sent, because the page asks only for the public key. */
const isPrivate = (text: string): boolean => /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);

/** Registers a signing key. Its private key stays with its owner. */
export function NewSigningKeyDialog({ onClose }: { onClose: () => void }): ReactNode {
	const [name, setName] = useState("");
	const [value, setValue] = useState("");
	const [wasPrivate, setWasPrivate] = useState(false);
	const take = (text: string): void => {
		setWasPrivate(isPrivate(text));
		setValue(isPrivate(text) ? "" : text);
	};
	const create = useMutation({
		mutationFn: () => change(() => api.POST("/v1/signing_keys", { body: { name, value } })),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["signing_key"] });
			notify({ tone: "good", text: `${name} is trusted. What it signs can be released.` });
			onClose();
		},
	});
	return (
		<Dialog title="Trust a signing key" isOpen onClose={onClose}>
			<Command label="A new key: the first file stays with you" text={OPENSSL} />
			<Form
				label="Trust a signing key"
				error={create.error}
				onSubmit={() => create.mutate()}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={create.isPending}>
							Trust it
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<TextField
					label="Name"
					name="name"
					value={name}
					onChange={setName}
					placeholder="production"
					autoFocus
					autoComplete="off"
				/>
				<FileField
					label="Public key"
					name="value"
					value={value}
					onChange={take}
					accept=".pem,.pub,.crt,.cer,.der"
					placeholder="-----BEGIN PUBLIC KEY-----"
					help="signing.pub.pem, a certificate, or a key in the form of OpenSSH. Drop the file here, or paste it."
				/>
				{wasPrivate && (
					<p role="alert">That is a private key. It was not sent and is not kept here: drop the public one.</p>
				)}
				<Command
					text={folded(`peridio signing-keys create --name ${quoted(name || "…")} --public-key-file signing.pub.pem`)}
				/>
			</Form>
		</Dialog>
	);
}

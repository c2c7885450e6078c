import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Empty } from "../../ui/empty";
import { SelectField, TextAreaField } from "../../ui/field";
import { FileDrop } from "../../ui/file_drop";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { signingKeysQuery } from "./queries";
import styles from "./signing.module.css";
import { opensslCommand, peridioCommand, signatureIn } from "./signing_commands";

interface SigningProps {
	binary: Schemas["Binary"];
	/** `main-firmware/2.0.0/arm-linux-gnueabihf`. */
	title: string;
}

/** How to sign the binary on one's own machine, with a trusted key that has not signed it yet. */
export function Signing({ binary, title }: SigningProps): ReactNode {
	const { data } = useQuery(signingKeysQuery);
	const [chosen, setChosen] = useState("");
	const has = new Set(binary.signatures.filter(({ valid }) => valid).map(({ keyid }) => keyid));
	const keys = data?.filter(({ state, keyid }) => state === "active" && !has.has(keyid));
	const key = keys?.find(({ prn }) => prn === chosen) ?? keys?.[0];
	if (!keys) return <p aria-busy="true">{"\u00a0"}</p>;
	if (!key) {
		return (
			<Empty title="No key to sign with">
				<p>Each key that the organization trusts has signed already, or there is none. Register one:</p>
				<Command
					text="peridio signing-keys create --name production --public-key-file signing.pub.pem"
					label="In a terminal"
				/>
			</Empty>
		);
	}
	return (
		<div className={styles.signing}>
			<p className={styles.why}>
				You sign on your own machine: the private key never comes near this page, nor the server. As soon as the
				signature is there, this page says so.
			</p>
			<SelectField
				label="Signing key"
				name="key"
				value={key.prn}
				onChange={setChosen}
				options={keys.map(({ prn, name, algorithm, keyid }) => [prn, `${name} (${algorithm}, ${keyid.slice(0, 8)})`])}
			/>
			<Command text={peridioCommand(title, key.keyid)} label="Sign and attach in a terminal" />
			<Command text={opensslCommand(binary.hash, key.algorithm)} label="Or with openssl, and give the signature here" />
			<Attach binary={binary} signingKey={key} />
		</div>
	);
}

function Attach({ binary, signingKey }: { binary: Schemas["Binary"]; signingKey: Schemas["SigningKey"] }): ReactNode {
	const [signature, setSignature] = useState("");
	const permission = usePermission("binary_signatures_create");
	const attach = useMutation({
		mutationFn: (given: string) => {
			const body = { binary_prn: binary.prn, signing_key_prn: signingKey.prn, signature: given };
			return change(() => api.POST("/v1/binary_signatures", { body }));
		},
		onSuccess: async () => {
			setSignature("");
			await queryClient.invalidateQueries({ queryKey: ["event"] });
			await queryClient.invalidateQueries({ queryKey: ["binary"] });
			notify({ tone: "good", text: `The signature by ${signingKey.name} is attached.` });
		},
	});
	return (
		<Form
			label="Attach a signature"
			error={attach.error}
			onSubmit={() => attach.mutate(signature)}
			actions={
				<Button
					type="submit"
					look="primary"
					permission={permission}
					isBusy={attach.isPending}
					isDisabled={!signature.trim()}
				>
					Attach the signature
				</Button>
			}
		>
			<FileDrop label="Signature file" onFiles={([given]) => given && void signatureIn(given.file).then(setSignature)}>
				Drop <code>firmware.sig</code> here, or choose it
			</FileDrop>
			<TextAreaField
				label="Signature"
				name="signature"
				value={signature}
				onChange={setSignature}
				help="In base64 or in hexadecimal digits."
			/>
		</Form>
	);
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { answer, api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { ErrorNote } from "../../ui/error_note";
import { TextField } from "../../ui/field";
import { FileField } from "../../ui/file_field";
import { Form } from "../../ui/form";
import { Section } from "../../ui/page";
import { Time } from "../../ui/time";
import { folded, quoted } from "../../words/commands";
import { useReaches } from "../people/reach";
import styles from "./new_steps.module.css";
import { jitpOf, provisioningFlags, REFUSED } from "./provisioning";
import { ProvisioningFields } from "./provisioning_fields";

/** A certificate with the code as its common name, signed by the CA. */
const opensslLines = (code: string): string => `openssl req -newkey rsa:2048 -nodes -keyout verification.key \\
  -subj '/CN=${code}' -out verification.csr
openssl x509 -req -in verification.csr -CA ca.pem -CAkey ca.key \\
  -CAcreateserial -days 1 -out verification.pem`;

/** The verification code of this visit. It stays the same until it expires. */
const codeQuery = {
	queryKey: ["verification_code"],
	queryFn: () => answer(api.POST("/v1/ca_certificates/verification_codes", {})),
	staleTime: 30 * 60_000,
	retry: false,
};

/** The three steps to prove and register a CA. */
export function NewCaSteps({ onCreated }: { onCreated: (ca: Schemas["CaCertificate"]) => void }): ReactNode {
	const mayCreate = usePermission("ca_certificates_create");
	const [isAsked, setIsAsked] = useState(queryClient.getQueryData(codeQuery.queryKey) !== undefined);
	const code = useQuery({ ...codeQuery, enabled: isAsked });
	const known = code.data;
	return (
		<>
			<Section title="1. A verification code" hint="By it you prove that the private key of the CA is yours">
				{known ? (
					<p className={styles.code}>
						<code>{known.verification_code}</code> ends <Time at={known.expires_at} />
					</p>
				) : (
					<Button look="primary" permission={mayCreate} onPress={() => setIsAsked(true)} isBusy={code.isFetching}>
						Get a code
					</Button>
				)}
				{code.error && <ErrorNote error={code.error} />}
			</Section>
			<Section title="2. Sign it with the key of the CA" hint="Where the key is; it stays there">
				{known ? (
					<Command label="In a terminal, beside ca.pem and ca.key" text={opensslLines(known.verification_code)} />
				) : (
					<p className={styles.later}>The lines for openssl come with the code.</p>
				)}
			</Section>
			<Section title="3. Give both certificates" hint="And say what devices become">
				<Registration onCreated={onCreated} />
			</Section>
		</>
	);
}

function Registration({ onCreated }: { onCreated: (ca: Schemas["CaCertificate"]) => void }): ReactNode {
	const mayCreate = usePermission("ca_certificates_create");
	const [certificate, setCertificate] = useState("");
	const [proof, setProof] = useState("");
	const [description, setDescription] = useState("");
	const [given, setGiven] = useState(REFUSED);
	const { names } = useReaches();
	const create = useMutation({
		mutationFn: () => {
			const body = {
				certificate,
				verification_certificate: proof,
				description: description || null,
				jitp: jitpOf(given),
				renewals: given.renewals,
			};
			return change(() => api.POST("/v1/ca_certificates", { body }));
		},
		onSuccess: async ({ ca_certificate }) => {
			queryClient.removeQueries({ queryKey: codeQuery.queryKey });
			await queryClient.invalidateQueries({ queryKey: ["ca_certificate"] });
			onCreated(ca_certificate);
		},
	});
	const files = "peridio ca-certificates create --certificate ca.pem --verification-certificate verification.pem";
	const renewals = given.renewals === "refuse" ? "" : ` --renewals ${given.renewals}`;
	const named = description ? ` --description ${quoted(description)}` : "";
	return (
		<Form
			label="Register a CA certificate"
			error={create.error}
			onSubmit={() => create.mutate()}
			actions={
				<Button type="submit" look="primary" permission={mayCreate} isBusy={create.isPending}>
					Register the CA
				</Button>
			}
		>
			<FileField
				label="Certificate of the CA"
				name="certificate"
				value={certificate}
				onChange={setCertificate}
				accept=".pem,.crt,.cer,.der"
				placeholder="-----BEGIN CERTIFICATE-----"
				help="ca.pem, in PEM or DER. Drop the file here, or paste it."
			/>
			<FileField
				label="Verification certificate"
				name="verification_certificate"
				value={proof}
				onChange={setProof}
				accept=".pem,.crt,.cer,.der"
				placeholder="-----BEGIN CERTIFICATE-----"
				help="verification.pem, which the second step made."
			/>
			<TextField
				label="Name"
				name="description"
				value={description}
				onChange={setDescription}
				placeholder="Factory Lyon"
				autoComplete="off"
				help="For people. Without it, the subject of the certificate stands for it."
			/>
			<ProvisioningFields given={given} onChange={setGiven} />
			<Command text={folded(`${files}${named}${renewals}${provisioningFlags(given, names)}`)} />
		</Form>
	);
}

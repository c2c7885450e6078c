import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { PasswordField, SelectField, TextField } from "../../ui/field";
import { FileField } from "../../ui/file_field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { folded, quoted } from "../../words/commands";

type Values = Record<string, string>;

interface Kind {
	words: string;
	/** The scheme of the URL. */
	scheme: string;
	place: string;
	credentials: (values: Values) => Schemas["StorageCredentials"];
	fields: ReactNode;
}

const KINDS: Record<string, Kind> = {
	s3: {
		words: "Amazon S3, or a storage with its interface",
		scheme: "s3://",
		place: "Bucket and prefix",
		credentials: ({ access_key_id = "", secret_access_key = "" }) => ({ type: "s3", access_key_id, secret_access_key }),
		fields: (
			<>
				<TextField label="Region" name="region" placeholder="eu-central-1" autoComplete="off" />
				<TextField
					label="Endpoint"
					name="endpoint"
					autoComplete="off"
					help="Empty: the one of Amazon for the region."
				/>
				<TextField label="Access key id" name="access_key_id" isMono autoComplete="off" />
				<PasswordField label="Secret access key" name="secret_access_key" autoComplete="off" />
			</>
		),
	},
	gcs: {
		words: "Google Cloud Storage",
		scheme: "gs://",
		place: "Bucket and prefix",
		credentials: ({ service_account_key = "" }) => ({ type: "gcs", service_account_key }),
		fields: <GoogleKey />,
	},
	azure: {
		words: "Azure Blob Storage",
		scheme: "az://",
		place: "Container and prefix",
		credentials: ({ account = "", access_key = "" }) => ({ type: "azure", account, access_key }),
		fields: (
			<>
				<TextField label="Account" name="account" autoComplete="off" />
				<PasswordField label="Access key" name="access_key" autoComplete="off" />
				<TextField
					label="Endpoint"
					name="endpoint"
					autoComplete="off"
					help="Empty: the one of Azure for the account."
				/>
			</>
		),
	},
};

function GoogleKey(): ReactNode {
	const [key, setKey] = useState("");
	return (
		<FileField
			label="Key of the service account"
			name="service_account_key"
			value={key}
			onChange={setKey}
			accept=".json"
			help="The JSON file that Google issues."
		/>
	);
}

/** Registers a storage backend of the organization. The server tests it first. */
export function NewStorageDialog({ onClose }: { onClose: () => void }): ReactNode {
	const [chosen, setChosen] = useState("s3");
	const [name, setName] = useState("");
	const [place, setPlace] = useState("");
	const kind = KINDS[chosen];
	const url = `${kind?.scheme ?? ""}${place}`;
	const create = useMutation({
		mutationFn: (values: Values) => {
			const { region, endpoint } = values;
			const body = {
				name,
				url,
				...(region && { region }),
				...(endpoint && { endpoint }),
				...(kind && { credentials: kind.credentials(values) }),
			};
			return change(() => api.POST("/v1/storage_backends", { body }));
		},
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["storage_backend"] });
			notify({ tone: "good", text: `${name} works, and is registered.` });
			onClose();
		},
	});
	return (
		<Dialog title="Register a storage" isOpen onClose={onClose}>
			<Form
				label="Register a storage"
				error={create.error}
				onSubmit={(values) => create.mutate(values)}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={create.isPending}>
							Try and register it
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<SelectField
					label="Kind"
					name="kind"
					value={chosen}
					onChange={setChosen}
					options={Object.entries(KINDS).map(([id, { words }]) => [id, words] as const)}
					help="A folder is the server's own storage: the operator sets it with --storage-url."
				/>
				<TextField
					label="Name"
					name="name"
					value={name}
					onChange={setName}
					placeholder="frankfurt"
					autoComplete="off"
				/>
				<TextField
					label={kind?.place ?? ""}
					name="url"
					value={place}
					onChange={setPlace}
					placeholder="acme-firmware/olivine"
					autoComplete="off"
				/>
				<div key={chosen} style={{ display: "contents" }}>
					{kind?.fields}
				</div>
				<Command
					text={folded(
						`peridio storage-backends create --name ${quoted(name || "…")} --url ${quoted(url)} --credentials-file credentials.json`,
					)}
				/>
			</Form>
		</Dialog>
	);
}

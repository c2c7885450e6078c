import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Command } from "../../ui/copy";
import type { Values } from "../../ui/edit/merge";
import { Met } from "../../ui/edit/met";
import { SaveButton } from "../../ui/edit/save_button";
import { type Revision, useEdit } from "../../ui/edit/use_edit";
import { SelectField, TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { flags, folded } from "../../words/commands";
import { ChangedBy } from "../events/changed_by";
import { readOrganization, type TaggedOrganization, updateOrganization } from "./queries";

type Organization = Schemas["Organization"];

/** The typed settings, by their names in the API. */
function revisionOf({ etag, ...organization }: TaggedOrganization): Revision {
	return { values: valuesOf(organization), etag };
}

function valuesOf(organization: Organization): Values {
	return {
		name: organization.name,
		required_signatures: String(organization.required_signatures),
		strict_certificate_expiry: String(organization.strict_certificate_expiry),
		download_url_style: organization.download_url_style,
		download_url_seconds: organization.download_url_seconds ? String(organization.download_url_seconds) : "",
	};
}

const LABELS = {
	name: "Name",
	required_signatures: "Signatures that a binary needs",
	strict_certificate_expiry: "Devices whose certificate has ended",
	download_url_style: "Download URLs",
	download_url_seconds: "Seconds that a download URL works",
};

function bodyOf(changes: Values): Schemas["OrganizationUpdate"] {
	const { required_signatures: signatures, strict_certificate_expiry: strict, download_url_seconds: seconds } = changes;
	return {
		...(changes.name !== undefined && { name: changes.name }),
		...(signatures !== undefined && { required_signatures: Number(signatures) }),
		...(strict !== undefined && { strict_certificate_expiry: strict === "true" }),
		...(changes.download_url_style !== undefined && { download_url_style: changes.download_url_style }),
		...(seconds !== undefined && { download_url_seconds: seconds ? Number(seconds) : null }),
	};
}

/** The settings of the whole organization. */
export function OrganizationForm({ organization }: { organization: TaggedOrganization }): ReactNode {
	const mayUpdate = usePermission("organization_update");
	const editing = useEdit({
		from: revisionOf(organization),
		isStaying: true,
		reread: async () => revisionOf(await readOrganization()),
		save: async (changes, etag) => {
			await updateOrganization(bodyOf(changes), etag);
			await queryClient.invalidateQueries({ queryKey: ["me"] });
			notify({ tone: "good", text: "Saved." });
		},
	});
	return (
		<Form
			label="Settings of the organization"
			error={editing.error}
			onSubmit={() => editing.isChanged && editing.submit()}
			actions={<SaveButton editing={editing} permission={mayUpdate} />}
		>
			<Met editing={editing} labels={LABELS} by={<ChangedBy prn={organization.prn} />} />
			<Fields now={editing.values} onChange={editing.set} />
			{editing.isChanged && <Command text={folded(`peridio organization update${flags(editing.changes)}`)} />}
		</Form>
	);
}

interface FieldsProps {
	now: Values;
	onChange: (field: string, value: string) => void;
}

function Fields({ now, onChange }: FieldsProps): ReactNode {
	const set = (name: keyof typeof LABELS) => ({
		name,
		label: LABELS[name],
		value: now[name] ?? "",
		onChange: (value: string) => onChange(name, value),
	});
	return (
		<>
			<TextField {...set("name")} autoComplete="off" />
			<TextField
				{...set("required_signatures")}
				inputMode="numeric"
				autoComplete="off"
				help="By how many different keys, 1 to 10. It counts for binaries that are signed from now on."
			/>
			<SelectField
				{...set("strict_certificate_expiry")}
				options={[
					["false", "keep working, with an event"],
					["true", "are refused"],
				]}
			/>
			<SelectField
				{...set("download_url_style")}
				options={[
					["direct", "direct: to the storage or its CDN"],
					["short", "short: redirected by the server"],
					["streamed", "streamed: sent by the server"],
				]}
			/>
			<TextField
				{...set("download_url_seconds")}
				inputMode="numeric"
				autoComplete="off"
				help="60 to 604,800 (a week). Empty: as the server is set."
			/>
		</>
	);
}

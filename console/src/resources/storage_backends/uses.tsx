import type { ReactNode } from "react";
import { usePermission } from "../../api/permissions";
import { Command } from "../../ui/copy";
import { Met } from "../../ui/edit/met";
import { SaveButton } from "../../ui/edit/save_button";
import { type Revision, useEdit } from "../../ui/edit/use_edit";
import { SelectField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { flags } from "../../words/commands";
import { ChangedBy } from "../events/changed_by";
import { readOrganization, type TaggedOrganization, updateOrganization } from "../organization/queries";
import { useStorages } from "./queries";

const LABELS = { storage_backend_prn: "New binaries go to", archive_storage_backend_prn: "Archive" };

function revisionOf(organization: TaggedOrganization): Revision {
	const { storage_backend_prn: storage, archive_storage_backend_prn: archive, etag } = organization;
	return { values: { storage_backend_prn: storage ?? "", archive_storage_backend_prn: archive ?? "" }, etag };
}

/** The storage backends for new binaries and for those of archived versions. */
export function StorageUses({ organization }: { organization: TaggedOrganization }): ReactNode {
	const mayUpdate = usePermission("organization_update");
	const { rows: storages = [] } = useStorages();
	const editing = useEdit({
		from: revisionOf(organization),
		isStaying: true,
		reread: async () => revisionOf(await readOrganization()),
		save: async (changes, etag) => {
			const body = Object.fromEntries(Object.entries(changes).map(([field, value]) => [field, value || null]));
			await updateOrganization(body, etag);
			notify({ tone: "good", text: "Saved. New binaries go where you said." });
		},
	});
	const { values, changes } = editing;
	const nameOf = (prn: string): string => storages.find((each) => each.prn === prn)?.name ?? "";
	const choices = storages.map(({ prn, name }) => [prn, name] as const);
	const named = Object.entries(changes).map(([field, prn]) => [field.replace(/_prn$/, ""), nameOf(prn)] as const);
	return (
		<Form
			label="Uses"
			error={editing.error}
			onSubmit={() => editing.isChanged && editing.submit()}
			actions={<SaveButton editing={editing} permission={mayUpdate} />}
		>
			<Met editing={editing} labels={LABELS} by={<ChangedBy prn={organization.prn} />} />
			<SelectField
				label="New binaries go to"
				name="storage_backend_prn"
				value={values.storage_backend_prn ?? ""}
				onChange={(prn) => editing.set("storage_backend_prn", prn)}
				options={[["", "The server's own storage"], ...choices]}
				help="Content that exists stays where it is."
			/>
			<SelectField
				label="Archive"
				name="archive_storage_backend_prn"
				value={values.archive_storage_backend_prn ?? ""}
				onChange={(prn) => editing.set("archive_storage_backend_prn", prn)}
				options={[["", "None: nothing is moved"], ...choices]}
				help="Contents of archived versions that nothing can serve any more are moved there."
			/>
			{editing.isChanged && <Command text={`peridio organization update${flags(Object.fromEntries(named))}`} />}
		</Form>
	);
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { SelectField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";
import { storagesQuery } from "./queries";

/** Which storage new binaries go to, and where those of old versions are moved. */
export function StorageUses({ organization }: { organization: Schemas["Organization"] }): ReactNode {
	const mayUpdate = usePermission("organization_update");
	const { data } = useQuery(storagesQuery);
	const before = {
		storage: organization.storage_backend_prn ?? "",
		archive: organization.archive_storage_backend_prn ?? "",
	};
	const [now, setNow] = useState(before);
	const update = useMutation({
		mutationFn: () => {
			const body = {
				...(now.storage !== before.storage && { storage_backend_prn: now.storage || null }),
				...(now.archive !== before.archive && { archive_storage_backend_prn: now.archive || null }),
			};
			return change(() => api.PATCH("/v1/organization", { body }));
		},
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["organization"] });
			notify({ tone: "good", text: "Saved. New binaries go where you said." });
		},
	});
	const storages = data?.storage_backends ?? [];
	const nameOf = (prn: string): string => quoted(storages.find((each) => each.prn === prn)?.name ?? "") || "''";
	const choices = storages.map(({ prn, name }) => [prn, name] as const);
	const isChanged = now.storage !== before.storage || now.archive !== before.archive;
	return (
		<Form
			label="Uses"
			error={update.error}
			onSubmit={() => isChanged && update.mutate()}
			actions={
				<Button
					type="submit"
					permission={mayUpdate}
					isBusy={update.isPending}
					isDisabled={!isChanged && mayUpdate.allowed}
				>
					Save
				</Button>
			}
		>
			<SelectField
				label="New binaries go to"
				name="storage_backend_prn"
				value={now.storage}
				onChange={(storage) => setNow({ ...now, storage })}
				options={[["", "The server's own storage"], ...choices]}
				help="Content that exists stays where it is."
			/>
			<SelectField
				label="Archive"
				name="archive_storage_backend_prn"
				value={now.archive}
				onChange={(archive) => setNow({ ...now, archive })}
				options={[["", "None: nothing is moved"], ...choices]}
				help="Contents of archived versions that nothing can serve any more are moved there."
			/>
			{isChanged && (
				<Command
					text={`peridio organization update${now.storage !== before.storage ? ` --storage-backend ${nameOf(now.storage)}` : ""}${now.archive !== before.archive ? ` --archive-storage-backend ${nameOf(now.archive)}` : ""}`}
				/>
			)}
		</Form>
	);
}

import { useQuery } from "@tanstack/react-query";
import { HardDriveUpload } from "lucide-react";
import { type ReactNode, useState } from "react";
import { usePermission } from "../api/permissions";
import { organizationQuery } from "../resources/organization/queries";
import { Storages } from "../resources/storage_backends/list";
import { NewStorageDialog } from "../resources/storage_backends/new_dialog";
import { useStorages } from "../resources/storage_backends/queries";
import { StorageUses } from "../resources/storage_backends/uses";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { Section } from "../ui/page";
import { SettingsPage } from "./settings_page";

/** `/settings/storages`: the storage backends. */
export function StoragesPage(): ReactNode {
	const { rows } = useStorages();
	const mayAsk = usePermission("organization_get");
	const { data: organization } = useQuery({ ...organizationQuery, enabled: mayAsk.allowed });
	const mayCreate = usePermission("storage_backends_create");
	const [isOpen, setIsOpen] = useState(false);
	const open = (): void => setIsOpen(true);
	useAction("Register a storage", open, mayCreate.allowed);
	const chosen = rows?.find(({ prn }) => prn === organization?.storage_backend_prn);
	const register = (look: "primary" | "plain"): ReactNode => (
		<Button look={look} permission={mayCreate} onPress={open}>
			<HardDriveUpload size={16} aria-hidden /> Register a storage…
		</Button>
	);
	return (
		<SettingsPage
			title="Storages"
			sentence={organization ? `New binaries go to ${chosen?.name ?? "the server's own storage"}.` : "\u00a0"}
			actions={register("primary")}
		>
			<Section title="Storages of the organization" isFlush>
				<Storages
					empty={
						<Empty title="Only the server's own storage" actions={register("plain")}>
							Contents can be in a bucket of your own: in Amazon S3 or a storage with its interface, in Google Cloud
							Storage, or in Azure Blob Storage.
						</Empty>
					}
				/>
			</Section>
			{organization && (
				<Section title="What they are used for">
					<StorageUses organization={organization} />
				</Section>
			)}
			<Command text="peridio storage-backends list --output table" />
			{isOpen && <NewStorageDialog onClose={() => setIsOpen(false)} />}
		</SettingsPage>
	);
}

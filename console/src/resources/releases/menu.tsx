import { Archive, Ellipsis, Forward, Pencil, Trash2, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { Button } from "../../ui/button";
import { Menu } from "../../ui/menu";
import { EditRelease } from "./edit_dialog";
import { PromoteDialog } from "./promote_dialog";
import { ArchiveRelease, DeleteRelease } from "./removal";
import { RollbackDialog } from "./rollback_dialog";

interface ReleaseMenuProps {
	release: Schemas["Release"];
	product: string;
	cohort: string;
	/** The number of devices on it. */
	devices: number;
	open: ReleaseDialog;
	onOpen: (dialog: ReleaseDialog) => void;
	/** Called after it was deleted, because its page no longer exists. */
	onGone: () => void;
}

/** The dialog of the release that is open. */
export type ReleaseDialog = "edit" | "promote" | "rollback" | "archive" | "delete" | null;

/** The actions for a release other than stopping it. */
export function ReleaseMenu({ release, product, cohort, devices, open, onOpen, onGone }: ReleaseMenuProps): ReactNode {
	const mayCreate = usePermission("releases_create");
	const mayUpdate = usePermission("releases_update").allowed;
	const mayDelete = usePermission("releases_delete").allowed;
	const close = (): void => onOpen(null);
	const path = `${product}/${cohort}`;
	const removed = { prn: release.prn, name: release.name, devices };
	const icon = { size: 16 };
	return (
		<>
			<Button permission={mayCreate} onPress={() => onOpen("promote")}>
				<Forward {...icon} aria-hidden />
				Promote…
			</Button>
			<Menu
				label={`More about ${release.name}`}
				entries={[
					{
						id: "edit",
						words: "Edit…",
						icon: <Pencil {...icon} />,
						onAction: () => onOpen("edit"),
						isDisabled: !mayUpdate,
					},
					{
						id: "rollback",
						words: "Roll back…",
						icon: <Undo2 {...icon} />,
						onAction: () => onOpen("rollback"),
						isDisabled: !mayUpdate,
					},
					{
						id: "archive",
						words: "Archive…",
						icon: <Archive {...icon} />,
						onAction: () => onOpen("archive"),
						isDisabled: !mayUpdate || Boolean(release.archived_at),
					},
					{
						id: "delete",
						words: "Delete…",
						icon: <Trash2 {...icon} />,
						onAction: () => onOpen("delete"),
						isDisabled: !mayDelete,
					},
				]}
			>
				<Ellipsis {...icon} aria-hidden />
			</Menu>
			{open === "promote" && <PromoteDialog release={release} product={product} cohort={cohort} onClose={close} />}
			{open === "rollback" && <RollbackDialog release={release} cohort={path} onClose={close} />}
			{open === "archive" && <ArchiveRelease release={removed} cohort={path} onClose={close} onDone={close} />}
			{open === "delete" && <DeleteRelease release={removed} cohort={path} onClose={close} onDone={onGone} />}
			{open === "edit" && <EditRelease release={release} cohort={path} onClose={close} />}
		</>
	);
}

import { Archive, Pencil, Plus, Trash2, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { Button } from "../../ui/button";
import { Link } from "../../ui/link";
import { Properties } from "../../ui/properties";
import { count, counted } from "../../words/counts";
import { EditRelease } from "./edit_dialog";
import { goesInWords } from "./goes";
import styles from "./panel.module.css";
import { releaseId } from "./queries";
import { ArchiveRelease, DeleteRelease } from "./removal";
import { Marks } from "./state";
import { StopButton, useStop } from "./stop_button";

interface ReleasePanelProps {
	release: Schemas["GraphRelease"];
	/** The same release from the list, with data that the graph does not contain. */
	whole: Schemas["Release"] | undefined;
	names: ReadonlyMap<string, string>;
	cohort: string;
	devices: number;
	onInsert: () => void;
	onClose: () => void;
}

/** The release selected in the graph, with its actions. */
export function ReleasePanel(props: ReleasePanelProps): ReactNode {
	const { release, whole, names, cohort, devices, onClose } = props;
	const stoppable = { prn: release.release_prn, name: release.name, disabled: release.disabled };
	const stopping = useStop(stoppable, cohort);
	const { goes, held } = goesInWords(release, names);
	return (
		<aside className={styles.panel} aria-label={`Release ${release.name}`}>
			<div className={styles.head}>
				<h2 className={styles.name}>{release.name}</h2>
				<button type="button" className={styles.close} aria-label="Close the panel" onClick={onClose}>
					<X size={16} aria-hidden />
				</button>
			</div>
			<div className={styles.marks}>
				<Marks release={release} phase={whole} devices={devices} />
			</div>
			<p>
				{goes}
				{held && <span className={styles.held}> Not further: {held}.</span>}
			</p>
			<div className={styles.actions}>
				<Link to="/releases/$release" params={{ release: releaseId(release.release_prn) }} look="primary">
					Open
				</Link>
				<StopButton stopping={stopping} isDisabled={release.disabled} />
			</div>
			<Properties
				rows={{
					Version: release.version ? <code>{release.version}</code> : null,
					Bundle: whole?.bundle?.name ?? null,
					"On it": counted(release.devices, "device", "devices"),
					Failed: count(release.failed),
				}}
			/>
			<PanelActions {...props} />
		</aside>
	);
}

type Open = "edit" | "archive" | "delete" | null;

function PanelActions({ release, cohort, onInsert, onClose }: ReleasePanelProps): ReactNode {
	const [open, setOpen] = useState<Open>(null);
	const mayCreate = usePermission("releases_create");
	const mayUpdate = usePermission("releases_update");
	const mayDelete = usePermission("releases_delete");
	const removed = { prn: release.release_prn, name: release.name, devices: release.devices };
	const close = (): void => setOpen(null);
	return (
		<div className={styles.list}>
			<Button size="small" look="quiet" permission={mayCreate} onPress={onInsert}>
				<Plus size={14} aria-hidden />
				Insert after it…
			</Button>
			<Button size="small" look="quiet" permission={mayUpdate} onPress={() => setOpen("edit")}>
				<Pencil size={14} aria-hidden />
				Edit…
			</Button>
			<Button size="small" look="quiet" permission={mayUpdate} onPress={() => setOpen("archive")}>
				<Archive size={14} aria-hidden />
				Archive…
			</Button>
			<Button size="small" look="quiet" permission={mayDelete} onPress={() => setOpen("delete")}>
				<Trash2 size={14} aria-hidden />
				Delete…
			</Button>
			{open === "archive" && <ArchiveRelease release={removed} cohort={cohort} onClose={close} onDone={onClose} />}
			{open === "delete" && <DeleteRelease release={removed} cohort={cohort} onClose={close} onDone={onClose} />}
			{open === "edit" && <EditRelease release={removed} cohort={cohort} onClose={close} />}
		</div>
	);
}

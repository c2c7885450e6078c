import { Ban, Download, FolderInput, Play, Tag, X } from "lucide-react";
import { type ComponentType, type ReactNode, useState } from "react";
import { type Permission, usePermission } from "../../api/permissions";
import { useAction } from "../../shell/actions";
import { Button } from "../../ui/button";
import { count } from "../../words/counts";
import styles from "./bulk_bar.module.css";
import { BulkDialog } from "./bulk_dialog";
import type { BulkAction } from "./bulk_draft";
import { type Choice, type Chosen, chosenInWords } from "./chosen";
import { ExportDialog } from "./export_dialog";

interface Total {
	count: number;
	exact: boolean;
}

interface Act {
	id: BulkAction | "export";
	words: string;
	icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }>;
}

const ACTS: readonly Act[] = [
	{ id: "move", words: "Move…", icon: FolderInput },
	{ id: "tag", words: "Tag…", icon: Tag },
	{ id: "untag", words: "Untag…", icon: X },
	{ id: "quarantine", words: "Quarantine…", icon: Ban },
	{ id: "lift", words: "Lift…", icon: Play },
	{ id: "export", words: "Export…", icon: Download },
];

interface BulkBarProps {
	choice: Choice;
	chosen: Chosen;
	total: Total | undefined;
}

/** The actions for the selected devices. The bar stays at the lower edge of the window, whatever the length of the list. */
export function BulkBar({ choice, chosen, total }: BulkBarProps): ReactNode {
	const mayChange = usePermission("bulk_operations_create");
	const mayRead = usePermission("devices_list");
	const [open, setOpen] = useState<Act["id"] | null>(null);
	const close = (): void => setOpen(null);
	const words = chosenInWords(chosen, total);
	return (
		<section className={styles.bar} aria-label="Chosen devices">
			<div className={styles.chosen}>
				<p className={styles.words} role="status">
					{words}
				</p>
				{chosen.which === "ticked" && (
					<Button size="small" look="quiet" onPress={choice.chooseAll}>
						{chooseAllInWords("", total)}
					</Button>
				)}
				<Button size="small" look="quiet" onPress={choice.clear}>
					Clear
				</Button>
			</div>
			<div className={styles.acts}>
				{ACTS.map((act) => (
					<ActButton
						key={act.id}
						act={act}
						permission={act.id === "export" ? mayRead : mayChange}
						onPress={() => setOpen(act.id)}
					/>
				))}
			</div>
			{open === "export" && (
				<ExportDialog
					chosen={chosen}
					total={chosen.which === "all" ? (total?.count ?? 0) : chosen.devices.length}
					onClose={close}
				/>
			)}
			{open && open !== "export" && <BulkDialog action={open} chosen={chosen} onClose={close} />}
		</section>
	);
}

/** "Choose all 250 that match". */
export function chooseAllInWords(search: string, total: Total | undefined): string {
	const many = total?.exact ? ` ${count(total.count)}` : "";
	return search ? `Choose all${many} that match` : `Choose all${many}`;
}

interface ActButtonProps {
	act: Act;
	permission: Permission;
	onPress: () => void;
}

function ActButton({ act: { words, icon: Icon }, permission, onPress }: ActButtonProps): ReactNode {
	useAction(`${words.replace("…", "")} the chosen devices…`, onPress, permission.allowed);
	return (
		<Button size="small" permission={permission} onPress={onPress}>
			<Icon size={14} aria-hidden />
			{words}
		</Button>
	);
}

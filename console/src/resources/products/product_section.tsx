import { useMutation } from "@tanstack/react-query";
import { Archive, ArchiveRestore, Ellipsis, OctagonX, Pencil, Play, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import type { Revision } from "../../ui/edit/use_edit";
import { Empty } from "../../ui/empty";
import { Menu } from "../../ui/menu";
import { Section } from "../../ui/page";
import { Table } from "../../ui/table";
import { notify } from "../../ui/toasts";
import { counted } from "../../words/counts";
import { NewCohortDialog } from "../cohorts/cohort_dialog";
import { cohortColumns } from "../cohorts/columns";
import { ResumeDialog } from "../overview/resume_dialog";
import { StopDialog } from "../overview/stop_dialog";
import { EditProductDialog, readProduct } from "./product_dialog";

interface ProductSectionProps {
	product: Schemas["Product"];
	cohorts: readonly Schemas["Cohort"][];
	/** The latest releases by the PRN of their cohort; nothing while they are loading. */
	latest: ReadonlyMap<string, Schemas["Release"]> | undefined;
	stops: readonly Schemas["Stop"][];
}

type Open = "cohort" | "stop" | "resume" | null;

/** A product with its cohorts. */
export function ProductSection({ product, cohorts, latest, stops }: ProductSectionProps): ReactNode {
	const [open, setOpen] = useState<Open>(null);
	const [edited, setEdited] = useState<Revision | null>(null);
	const mayCreate = usePermission("cohorts_create");
	const close = (): void => setOpen(null);
	const devices = cohorts.reduce((all, { device_count }) => all + device_count, 0);
	const stop = stops.filter(({ product_prn }) => product_prn === product.prn);
	return (
		<Section
			title={product.name}
			hint={[product.target, counted(devices, "device", "devices"), product.description].filter(Boolean).join(" · ")}
			isFlush
			actions={
				<>
					{product.archived_at && <Badge tone="none">Archived</Badge>}
					{stop.length > 0 && <Badge tone="stopped">Stopped</Badge>}
					<Button size="small" permission={mayCreate} onPress={() => setOpen("cohort")}>
						<Plus size={14} aria-hidden />
						Cohort
					</Button>
					<ProductMenu
						product={product}
						isStopped={stop.length > 0}
						onEdit={() => void readProduct(product.prn).then(setEdited)}
						onStop={() => setOpen(stop.length > 0 ? "resume" : "stop")}
					/>
				</>
			}
		>
			<Table
				label={`Cohorts of ${product.name}`}
				columns={cohortColumns({ product: product.name, latest, stops })}
				rows={cohorts}
				rowKey={({ prn }) => prn}
				empty={<NoCohorts product={product.name} onCreate={() => setOpen("cohort")} />}
			/>
			{open === "cohort" && <NewCohortDialog product={product} onClose={close} />}
			{open === "stop" && <StopDialog initially={product.prn} onClose={close} />}
			{open === "resume" && <ResumeDialog stops={stop} onClose={close} />}
			{edited && <EditProductDialog product={product} from={edited} onClose={() => setEdited(null)} />}
		</Section>
	);
}

interface ProductMenuProps {
	product: Schemas["Product"];
	isStopped: boolean;
	onEdit: () => void;
	onStop: () => void;
}

function ProductMenu({ product, isStopped, onEdit, onStop }: ProductMenuProps): ReactNode {
	const mayUpdate = usePermission("products_update").allowed;
	const mayStop = usePermission(isStopped ? "organization_resume" : "organization_stop").allowed;
	const path = { prn: product.prn };
	const isArchived = Boolean(product.archived_at);
	const archive = useMutation({
		mutationFn: () =>
			change(() =>
				isArchived
					? api.POST("/v1/products/{prn}/unarchive", { params: { path } })
					: api.POST("/v1/products/{prn}/archive", { params: { path } }),
			),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["product"] });
			notify({ tone: "good", text: `${product.name} is ${isArchived ? "taken back from" : "in"} the archive.` });
		},
		onError: (error) => notify({ tone: "bad", text: error.message }),
	});
	return (
		<Menu
			label={`More about ${product.name}`}
			entries={[
				{ id: "edit", words: "Edit…", icon: <Pencil size={16} />, onAction: onEdit, isDisabled: !mayUpdate },
				{
					id: "archive",
					words: isArchived ? "Take back from the archive" : "Archive",
					icon: isArchived ? <ArchiveRestore size={16} /> : <Archive size={16} />,
					onAction: () => archive.mutate(),
					isDisabled: !mayUpdate,
				},
				{
					id: "stop",
					words: isStopped ? "Resume updates…" : "Stop all its updates…",
					icon: isStopped ? <Play size={16} /> : <OctagonX size={16} />,
					onAction: onStop,
					isDisabled: !mayStop,
				},
			]}
		>
			<Ellipsis size={16} aria-hidden />
		</Menu>
	);
}

function NoCohorts({ product, onCreate }: { product: string; onCreate: () => void }): ReactNode {
	const mayCreate = usePermission("cohorts_create");
	return (
		<Empty
			title={`${product} has no cohorts yet`}
			actions={
				<Button permission={mayCreate} onPress={onCreate}>
					New cohort
				</Button>
			}
		>
			A cohort groups devices that get the same releases. Many begin with two: daily and stable.
		</Empty>
	);
}

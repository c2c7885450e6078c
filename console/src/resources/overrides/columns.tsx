import { useMutation } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import type { Column } from "../../ui/table";
import { Time } from "../../ui/time";
import { notify } from "../../ui/toasts";
import { shortPrn } from "../../words/prns";
import styles from "./columns.module.css";
import { EditOverride } from "./edit_dialog";
import type { OverrideTime } from "./queries";
import { Reach } from "./reach";

type Override = Schemas["BundleOverride"];

/** Ends an override at once: its devices get the releases of their cohorts again. An override that has not begun is deleted. */
function End({ override, time }: { override: Override; time: OverrideTime }): ReactNode {
	const mayEnd = usePermission("bundle_overrides_update");
	const mayDelete = usePermission("bundle_overrides_delete");
	const path = { prn: override.prn };
	const end = useMutation({
		mutationFn: async () => {
			if (time === "coming") {
				await change(() => api.DELETE("/v1/bundle_overrides/{prn}", { params: { path } }));
				return;
			}
			const body = { ends_at: new Date().toISOString() };
			await change(() => api.PATCH("/v1/bundle_overrides/{prn}", { params: { path }, body }));
		},
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["bundle_override"] });
			const words = time === "coming" ? "will not begin." : "has ended: its devices get their releases again.";
			notify({ tone: "good", text: `${override.name} ${words}` });
		},
		onError: (error) => notify({ tone: "bad", text: error.message }),
	});
	return (
		<Button
			size="small"
			look="danger"
			permission={time === "coming" ? mayDelete : mayEnd}
			onPress={() => end.mutate()}
			isBusy={end.isPending}
			aria-label={`${time === "coming" ? "Delete" : "End"} ${override.name}`}
		>
			{time === "coming" ? "Delete" : "End"}
		</Button>
	);
}

/** Opens the form of an override with its current values. */
function Edit({ override }: { override: Override }): ReactNode {
	const permission = usePermission("bundle_overrides_update");
	const [isOpen, setIsOpen] = useState(false);
	return (
		<>
			<Button
				size="small"
				permission={permission}
				onPress={() => setIsOpen(true)}
				aria-label={`Edit ${override.name}…`}
			>
				<Pencil size={14} aria-hidden />
			</Button>
			{isOpen && <EditOverride override={override} onClose={() => setIsOpen(false)} />}
		</>
	);
}

/** The columns of lists of overrides. The last column depends on whether they have ended. */
export function overrideColumns(time: OverrideTime): Column<Override>[] {
	const columns: Column<Override>[] = [
		{ heading: "Override", width: "name", cell: ({ name }) => name },
		{ heading: "Reaches", cell: (override) => <Reach override={override} /> },
		{
			heading: "Bundle",
			cell: ({ bundle, bundle_prn: prn }) => bundle?.name ?? <code>{shortPrn(prn)}</code>,
		},
		{ heading: "Began", cell: ({ starts_at: at }) => <Time at={at} /> },
		{ heading: "Ends", cell: ({ ends_at: at }) => (at ? <Time at={at} /> : "never") },
	];
	if (time === "coming") columns[3] = { heading: "Begins", cell: ({ starts_at: at }) => <Time at={at} /> };
	if (time === "over")
		columns[4] = { heading: "Ended", isOnPhone: true, cell: ({ ends_at: at }) => at && <Time at={at} /> };
	else
		columns.push({
			heading: "Action",
			isOnPhone: true,
			cell: (override) => (
				<span className={styles.actions}>
					<Edit override={override} />
					<End {...{ override, time }} />
				</span>
			),
		});
	return columns;
}

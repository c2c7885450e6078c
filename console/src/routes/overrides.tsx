import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../api/client";
import { usePermission } from "../api/permissions";
import { overrideColumns } from "../resources/overrides/columns";
import { NewOverrideDialog } from "../resources/overrides/new_dialog";
import { type OverrideTime, overridesQuery, timeOf } from "../resources/overrides/queries";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { Page, Section } from "../ui/page";
import { Table } from "../ui/table";
import { useNow } from "../ui/time";
import { counted } from "../words/counts";

const PATH = [{ to: "/releases", words: "Releases" }];

/** An override that begins within this time is shown as begun, because clocks differ a little. */
const ABOUT_NOW = 5_000;

const SECTIONS: readonly (readonly [OverrideTime, string, string])[] = [
	["active", "Active", "Of several for one device, the one that began last counts"],
	["coming", "Coming", "They begin by themselves"],
	["over", "Over", "Their devices get their releases again"],
];

/** `/overrides`: bundles that chosen devices get instead of their releases. */
export function OverridesPage(): ReactNode {
	const [isCreating, setIsCreating] = useState(false);
	const { data, error } = useQuery(overridesQuery);
	const permission = usePermission("bundle_overrides_create");
	useNow();
	const now = new Date(Date.now() + ABOUT_NOW);
	const all = data?.bundle_overrides;
	const at = (time: OverrideTime): Schemas["BundleOverride"][] | undefined =>
		all?.filter((override) => timeOf(override, now) === time);
	const active = at("active")?.length ?? 0;
	const create = (): void => setIsCreating(true);
	useAction("New override…", create, permission.allowed);
	const many = active === 0 ? "No override is" : counted(active, "override is", "overrides are");
	const sentence = all ? `${many} active. Devices of an override get its bundle instead of their release.` : "\u00a0";
	return (
		<Page
			title="Overrides"
			path={PATH}
			sentence={sentence}
			actions={
				<Button look="primary" permission={permission} onPress={create}>
					<Plus size={16} aria-hidden />
					New override
				</Button>
			}
		>
			{SECTIONS.map(([time, title, hint]) => {
				const rows = at(time);
				if (time !== "active" && !rows?.length) return null;
				return (
					<Section key={time} title={title} hint={hint} isFlush>
						<Table
							label={title}
							columns={overrideColumns(time)}
							rows={rows}
							rowKey={({ prn }) => prn}
							error={error}
							expected={2}
							empty={<NoOverrides onCreate={create} />}
						/>
					</Section>
				);
			})}
			<Command text="peridio bundle-overrides list --output table" />
			{isCreating && <NewOverrideDialog onClose={() => setIsCreating(false)} />}
		</Page>
	);
}

function NoOverrides({ onCreate }: { onCreate: () => void }): ReactNode {
	const permission = usePermission("bundle_overrides_create");
	return (
		<Empty
			title="No override is active"
			actions={
				<Button permission={permission} onPress={onCreate}>
					New override
				</Button>
			}
		>
			An override gives a bundle to a cohort, to devices with a tag, or to single devices, for some time. It counts more
			than all releases: for a lab, or for a device that has to go back.
		</Empty>
	);
}

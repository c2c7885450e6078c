import type { Schemas } from "../../api/client";
import { Badge } from "../../ui/badge";
import { Link } from "../../ui/link";
import type { Column } from "../../ui/table";
import { count } from "../../words/counts";
import { releaseId } from "../releases/queries";
import { LimitBadge } from "../releases/state";

interface CohortColumnsOptions {
	product: string;
	latest: ReadonlyMap<string, Schemas["Release"]> | undefined;
	stops: readonly Schemas["Stop"][];
}

/** The columns of a product's cohorts. */
export function cohortColumns({ product, latest, stops }: CohortColumnsOptions): Column<Schemas["Cohort"]>[] {
	return [
		{
			heading: "Cohort",
			width: "name",
			cell: ({ name }) => (
				<Link to="/cohorts/$product/$cohort" params={{ product, cohort: name }} look="plain">
					{name}
				</Link>
			),
		},
		{
			heading: "Latest release",
			isOnPhone: true,
			cell: ({ prn }) => {
				const release = latest?.get(prn);
				if (!release) return latest ? "none yet" : "";
				return (
					<Link to="/releases/$release" params={{ release: releaseId(release.prn) }} look="plain">
						{release.name}
					</Link>
				);
			},
		},
		{
			heading: "State",
			cell: ({ prn, device_count, archived_at }) => {
				const release = latest?.get(prn);
				if (archived_at) return <Badge tone="none">Archived</Badge>;
				if (stops.some(({ cohort_prn }) => cohort_prn === prn)) return <Badge tone="stopped">Stopped</Badge>;
				return release ? <LimitBadge release={release} devices={device_count} /> : null;
			},
		},
		{
			heading: "Devices",
			isNumber: true,
			isOnPhone: true,
			width: "narrow",
			cell: ({ device_count }) => count(device_count),
		},
	];
}

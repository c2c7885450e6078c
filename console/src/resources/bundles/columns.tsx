import type { Schemas } from "../../api/client";
import { Badge } from "../../ui/badge";
import { Link } from "../../ui/link";
import type { Column } from "../../ui/table";
import { Time } from "../../ui/time";
import { counted } from "../../words/counts";
import { shortPrn } from "../../words/prns";

/** The columns of lists of bundles. */
export const bundleColumns: readonly Column<Schemas["Bundle"]>[] = [
	{
		heading: "Bundle",
		width: "name",
		cell: ({ name, prn }) => (
			<Link to="/bundles/$prn" params={{ prn }} look="plain">
				{name ?? shortPrn(prn)}
			</Link>
		),
	},
	{ heading: "Binaries", cell: ({ binaries }) => counted(binaries?.length ?? 0, "binary", "binaries") },
	{
		heading: "Targets",
		cell: ({ binaries }) => [...new Set(binaries?.map(({ target }) => target))].join(", ") || "–",
	},
	{
		heading: "Created",
		isOnPhone: true,
		cell: ({ inserted_at, archived_at }) =>
			archived_at ? <Badge tone="stopped">archived</Badge> : <Time at={inserted_at} />,
	},
];

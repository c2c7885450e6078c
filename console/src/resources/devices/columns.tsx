import type { Schemas } from "../../api/client";
import { Link } from "../../ui/link";
import type { Column } from "../../ui/table";
import { Time } from "../../ui/time";
import { DeviceState } from "./state";

/** The columns of lists of devices. */
export const deviceColumns: readonly Column<Schemas["Device"]>[] = [
	{
		heading: "Device",
		width: "name",
		cell: ({ identifier }) => (
			<Link to="/devices/$identifier" params={{ identifier }} look="plain">
				{identifier}
			</Link>
		),
	},
	{ heading: "State", isOnPhone: true, cell: (device) => <DeviceState device={device} /> },
	{
		heading: "Cohort",
		cell: ({ product, cohort }) => `${product?.name ?? ""}${cohort ? ` / ${cohort.name}` : " / none"}`,
	},
	{ heading: "Runs", cell: ({ reported_release_version: version }) => (version ? <code>{version}</code> : "–") },
	{
		heading: "Last contact",
		cell: ({ last_connected_at: at }) => (at ? <Time at={at} /> : "never"),
	},
];

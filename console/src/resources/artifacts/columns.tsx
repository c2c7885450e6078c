import type { Schemas } from "../../api/client";
import { Badge } from "../../ui/badge";
import { Link } from "../../ui/link";
import type { Column } from "../../ui/table";
import { Time } from "../../ui/time";

/** The columns of lists of artifacts. */
export const artifactColumns: readonly Column<Schemas["Artifact"]>[] = [
	{
		heading: "Artifact",
		width: "name",
		cell: ({ name }) => (
			<Link to="/artifacts/$artifact" params={{ artifact: name }} look="plain">
				{name}
			</Link>
		),
	},
	{ heading: "Notes", cell: ({ description }) => description ?? "–" },
	{
		heading: "Created",
		width: "narrow",
		isOnPhone: true,
		cell: ({ inserted_at, archived_at }) =>
			archived_at ? <Badge tone="stopped">archived</Badge> : <Time at={inserted_at} />,
	},
];

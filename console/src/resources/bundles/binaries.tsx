import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge } from "../../ui/badge";
import { Link } from "../../ui/link";
import { type Column, Table } from "../../ui/table";
import { bytes } from "../../words/counts";
import type { Ordered } from "./coverage";

type BundleBinary = Schemas["BundleBinary"];

interface BundleBinariesProps {
	binaries: readonly BundleBinary[];
	versions: readonly Ordered[];
}

/** The binaries of a bundle, in their order. */
export function BundleBinaries({ binaries, versions }: BundleBinariesProps): ReactNode {
	const titleOf = (prn: string): string => versions.find((version) => version.prn === prn)?.title ?? "";
	const columns: readonly Column<BundleBinary>[] = [
		{
			heading: "Binary",
			width: "name",
			cell: ({ prn, artifact_version_prn, target }) => (
				<Link to="/prn/$prn" params={{ prn }} look="plain">
					{titleOf(artifact_version_prn)}/{target}
				</Link>
			),
		},
		{
			heading: "State",
			isOnPhone: true,
			cell: ({ state }) => <Badge tone={state === "signed" ? "good" : "bad"}>{state}</Badge>,
		},
		{ heading: "Size", isNumber: true, cell: ({ size }) => (typeof size === "number" ? bytes(size) : "–") },
		{
			heading: "Metadata",
			cell: ({ custom_metadata }) => (custom_metadata ? <code>{JSON.stringify(custom_metadata)}</code> : "–"),
		},
	];
	return (
		<Table
			label="Binaries"
			columns={columns}
			rows={binaries}
			rowKey={({ prn }) => prn}
			empty={<p>It has no binaries.</p>}
		/>
	);
}

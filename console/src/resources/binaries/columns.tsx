import type { Schemas } from "../../api/client";
import { Link } from "../../ui/link";
import type { Column } from "../../ui/table";
import { Time } from "../../ui/time";
import { bytes } from "../../words/counts";
import { BinaryState } from "./state";

type Binary = Schemas["Binary"];

/** The columns of a version's list of binaries. */
export function binaryColumns(artifact: string, version: string): readonly Column<Binary>[] {
	return [
		{
			heading: "Target",
			width: "name",
			cell: ({ target, destroyed, prn }) => (
				<Link
					to="/artifacts/$artifact/$version/$target"
					params={{ artifact, version, target }}
					search={destroyed ? { binary: prn } : {}}
					look="plain"
				>
					{target}
				</Link>
			),
		},
		{ heading: "State", isOnPhone: true, cell: (binary) => <BinaryState binary={binary} /> },
		{ heading: "Size", isNumber: true, cell: ({ size }) => (typeof size === "number" ? bytes(size) : "–") },
		{
			heading: "Signed by",
			cell: ({ signatures }) => {
				const valid = signatures.filter((signature) => signature.valid);
				return valid.length > 0 ? valid.map(({ keyid }) => keyid.slice(0, 8)).join(", ") : "–";
			},
		},
		{ heading: "Changed", cell: ({ updated_at }) => <Time at={updated_at} /> },
	];
}

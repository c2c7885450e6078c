import type { Schemas } from "../../api/client";
import { Link } from "../../ui/link";
import type { Column } from "../../ui/table";
import { Time } from "../../ui/time";
import { parsePrn } from "../../words/prns";
import { nameOfCa } from "./queries";
import { CaState } from "./state";

type Names = ReadonlyMap<string, string>;

/** The columns of the list of CA certificates. */
export function caColumns(names: Names): readonly Column<Schemas["CaCertificate"]>[] {
	return [
		{
			heading: "CA certificate",
			width: "name",
			cell: (ca) => (
				<Link to="/settings/ca-certificates/$id" params={{ id: parsePrn(ca.prn)?.id ?? "" }} look="plain">
					{nameOfCa(ca)}
				</Link>
			),
		},
		{ heading: "State", isOnPhone: true, cell: (ca) => <CaState ca={ca} /> },
		{
			heading: "New devices go to",
			cell: ({ jitp }) => {
				if (!jitp) return "nowhere, they are refused";
				return names.get(jitp.cohort_prn ?? "") ?? names.get(jitp.product_prn) ?? "another product";
			},
		},
		{ heading: "Ends", width: "narrow", cell: ({ not_after }) => <Time at={not_after} /> },
	];
}

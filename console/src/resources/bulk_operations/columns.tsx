import type { ReactNode } from "react";
import { Link } from "../../ui/link";
import type { Column } from "../../ui/table";
import { Time } from "../../ui/time";
import { count } from "../../words/counts";
import { useActorNames } from "../events/actors";
import type { BulkOperation } from "./queries";
import { BulkState } from "./state";
import { matchedInWords, useDoing } from "./words";

function Doing({ operation }: { operation: BulkOperation }): ReactNode {
	return (
		<Link to="/bulk_operations/$prn" params={{ prn: operation.prn }} look="plain">
			{useDoing()(operation)}
		</Link>
	);
}

function By({ actor }: { actor: string }): ReactNode {
	return useActorNames()(actor);
}

/** The columns of the list of bulk operations. */
export const bulkColumns: readonly Column<BulkOperation>[] = [
	{ heading: "What", width: "name", cell: (operation) => <Doing operation={operation} /> },
	{ heading: "State", isOnPhone: true, cell: (operation) => <BulkState operation={operation} /> },
	{ heading: "Of", cell: matchedInWords },
	{ heading: "Changed", width: "narrow", isNumber: true, cell: ({ changed }) => count(changed) },
	{ heading: "Refused", width: "narrow", isNumber: true, cell: ({ refused }) => count(refused) },
	{ heading: "By", cell: ({ started_by }) => <By actor={started_by} /> },
	{ heading: "Begun", cell: ({ inserted_at }) => <Time at={inserted_at} /> },
];

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { ErrorNote } from "../../ui/error_note";
import { counted } from "../../words/counts";
import styles from "./parts.module.css";
import { partsQuery } from "./queries";

type Part = Schemas["BinaryPart"];

const MOST_CELLS = 500;

/** Groups parts, so that the number of cells stays small enough to look at. */
function cellsOf(parts: readonly Part[]): Part[][] {
	const many = Math.max(1, Math.ceil(parts.length / MOST_CELLS));
	const cells = Array.from({ length: Math.ceil(parts.length / many) }, (_, cell) =>
		parts.slice(cell * many, (cell + 1) * many),
	);
	return cells;
}

function lookOf(cell: readonly Part[]): string {
	if (cell.some(({ state }) => state.startsWith("invalid"))) return styles.invalid ?? "";
	return cell.every(({ state }) => state === "valid") ? (styles.valid ?? "") : (styles.waiting ?? "");
}

/** The parts of an unfinished upload. */
export function Parts({ prn }: { prn: string }): ReactNode {
	const { data, error } = useQuery(partsQuery(prn));
	if (error) return <ErrorNote error={error} />;
	if (!data) return <p aria-busy="true">{"\u00a0"}</p>;
	if (data.length === 0) return <p>None yet: nothing was sent.</p>;
	const valid = data.filter(({ state }) => state === "valid").length;
	return (
		<>
			<p
				className={styles.words}
			>{`${valid} of ${counted(data.length, "announced part is", "announced parts are")} there.`}</p>
			<div className={styles.grid} aria-hidden>
				{cellsOf(data).map((cell) => (
					<span key={cell[0]?.index} className={`${styles.cell} ${lookOf(cell)}`} title={`Part ${cell[0]?.index}`} />
				))}
			</div>
		</>
	);
}

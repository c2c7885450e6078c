import type { ReactNode } from "react";
import { Figure, Figures } from "../../ui/figures";
import { Progress } from "../../ui/progress";
import styles from "./numbers.module.css";
import type { BulkOperation } from "./queries";

/** The progress of a bulk operation: a bar, and the numbers of changed and refused devices. */
export function BulkNumbers({ operation }: { operation: BulkOperation }): ReactNode {
	const { matched, done, changed, unchanged, refused, state } = operation;
	const isOver = state !== "running";
	const share = matched > 0 ? done / matched : 1;
	return (
		<div className={styles.numbers}>
			<Progress label="Devices that were looked at" value={state === "finished" ? 1 : share} isQuiet={isOver} />
			<Figures>
				<Figure words="changed" value={changed} />
				<Figure words="had it already" value={unchanged} />
				<Figure words="could not be changed" value={refused} isBad={refused > 0} />
				{state !== "finished" && <Figure words="left" value={Math.max(0, matched - done)} />}
			</Figures>
		</div>
	);
}

import type { ReactNode } from "react";
import styles from "./table.module.css";

/** How high a row of a table is, before one is drawn: `table.module.css`. */
export function rowHeight(): number {
	return window.matchMedia("(max-width: 719px)").matches ? 53 : 45;
}

/** In place of rows that are out of view: as high as they are. One cell, because on a phone there are fewer columns. */
export function GapRow({ height }: { height: number }): ReactNode {
	return (
		// biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row without anything in it takes no focus
		<tr aria-hidden="true" className={styles.gap}>
			<td style={{ height }} />
		</tr>
	);
}

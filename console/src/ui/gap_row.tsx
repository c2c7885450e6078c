import type { ReactNode } from "react";
import styles from "./table.module.css";

/** The height of a row before one is drawn: see `table.module.css`. */
export function rowHeight(): number {
	return window.matchMedia("(max-width: 719px)").matches ? 53 : 45;
}

/** Replaces rows that are out of view, with their height. It has a single cell, because there are fewer columns on a phone. */
export function GapRow({ height }: { height: number }): ReactNode {
	return (
		// biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row without anything in it takes no focus
		<tr aria-hidden="true" className={styles.gap}>
			<td style={{ height }} />
		</tr>
	);
}

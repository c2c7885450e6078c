import type { ReactNode } from "react";
import styles from "./properties.module.css";

/** Names with their values. `null` and `undefined` are shown as unknown. */
export function Properties({ rows }: { rows: Record<string, ReactNode> }): ReactNode {
	return (
		<dl className={styles.list}>
			{Object.entries(rows).map(([name, value]) => (
				<div key={name} className={styles.row}>
					<dt className={styles.name}>{name}</dt>
					<dd className={styles.value}>{value ?? <span className={styles.none}>–</span>}</dd>
				</div>
			))}
		</dl>
	);
}

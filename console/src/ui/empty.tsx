import type { ReactNode } from "react";
import styles from "./empty.module.css";

interface EmptyProps {
	title: string;
	/** What would be in the list, and what it is useful for. */
	children: ReactNode;
	actions?: ReactNode;
}

/** Shown in place of an empty list. */
export function Empty({ title, children, actions }: EmptyProps): ReactNode {
	return (
		<div className={styles.empty}>
			<p className={styles.title}>{title}</p>
			<div className={styles.text}>{children}</div>
			{actions && <div className={styles.actions}>{actions}</div>}
		</div>
	);
}

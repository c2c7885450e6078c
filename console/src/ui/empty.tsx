import type { ReactNode } from "react";
import styles from "./empty.module.css";

interface EmptyProps {
	title: string;
	/** What would be here, and why one wants it. */
	children: ReactNode;
	actions?: ReactNode;
}

/** In place of a list with nothing in it. */
export function Empty({ title, children, actions }: EmptyProps): ReactNode {
	return (
		<div className={styles.empty}>
			<p className={styles.title}>{title}</p>
			<div className={styles.text}>{children}</div>
			{actions && <div className={styles.actions}>{actions}</div>}
		</div>
	);
}

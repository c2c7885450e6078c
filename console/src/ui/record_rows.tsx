import type { ReactNode } from "react";
import { Button } from "./button";
import { ErrorNote } from "./error_note";
import styles from "./record_rows.module.css";

interface RecordRowsProps<Row> {
	label: string;
	rows: readonly Row[] | undefined;
	rowKey: (row: Row) => string;
	row: (row: Row) => ReactNode;
	error?: unknown;
	empty: ReactNode;
	foot?: ReactNode;
	/** The list of the rows, if it is read page by page. */
	pages?: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** A short list of records with more details than fit into columns. */
export function RecordRows<Row>(props: RecordRowsProps<Row>): ReactNode {
	const { rows, error, pages } = props;
	if (error !== null && error !== undefined) return <ErrorNote error={error} />;
	if (rows?.length === 0 && !pages?.hasNextPage) return props.empty;
	return (
		<>
			<ul className={styles.rows} aria-label={props.label} aria-busy={!rows}>
				{rows?.map((each) => (
					<li key={props.rowKey(each)} className={styles.row}>
						{props.row(each)}
					</li>
				)) ?? <li className={styles.row}>{"\u00a0"}</li>}
			</ul>
			{(props.foot || pages?.hasNextPage) && (
				<div className={styles.foot}>
					{props.foot}
					{pages?.hasNextPage && (
						<Button size="small" onPress={() => void pages.fetchNextPage()} isBusy={pages.isFetchingNextPage}>
							Show more
						</Button>
					)}
				</div>
			)}
		</>
	);
}

interface RecordRowProps {
	name: ReactNode;
	/** Its state, next to the name. */
	badges?: ReactNode;
	/** A line below. */
	facts?: ReactNode;
	children?: ReactNode;
	actions?: ReactNode;
}

/** A record: its name and state, details below, and its actions. */
export function RecordRow({ name, badges, facts, children, actions }: RecordRowProps): ReactNode {
	return (
		<>
			<div className={styles.text}>
				<p className={styles.name}>
					{name} {badges}
				</p>
				{facts && <div className={styles.facts}>{facts}</div>}
				{children}
			</div>
			{actions && <div className={styles.actions}>{actions}</div>}
		</>
	);
}

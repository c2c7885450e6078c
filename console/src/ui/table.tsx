import { ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { count } from "../words/counts";
import { Button } from "./button";
import { ErrorNote } from "./error_note";
import styles from "./table.module.css";

/** A column: its heading, and what it shows of a row. */
export interface Column<Row> {
	heading: string;
	cell: (row: Row) => ReactNode;
	/** `name`: takes the room that is left. `phone`: also shown where there is little room; the first column always is. */
	width?: "name" | "narrow" | "normal";
	isOnPhone?: boolean;
	isNumber?: boolean;
}

interface TableProps<Row> {
	/** What the rows are, for readers: "Devices". */
	label: string;
	columns: readonly Column<Row>[];
	rows: readonly Row[] | undefined;
	rowKey: (row: Row) => string;
	error?: unknown;
	/** In place of the rows where there are none. */
	empty: ReactNode;
	/** How many rows to leave room for while they are loaded. */
	expected?: number;
	/** Records that were made meanwhile, and how to look at them. They never move rows under somebody's hand. */
	newer?: { records: number; onShow: () => void };
	/** The list that the rows are of, where it is read page by page. */
	pages?: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
	/** What stands below the last row. */
	foot?: ReactNode;
}

/** A list of records. Each list of the console is one. */
export function Table<Row>(props: TableProps<Row>): ReactNode {
	const { rows, error, newer, pages } = props;
	if (error !== null && error !== undefined) {
		return (
			<div className={styles.note}>
				<ErrorNote error={error} />
			</div>
		);
	}
	if (rows?.length === 0 && !newer?.records) return props.empty;
	return (
		<div>
			{newer && newer.records > 0 && (
				<button type="button" className={styles.newer} onClick={newer.onShow}>
					<ArrowUp size={14} aria-hidden />
					{count(newer.records)} newer
				</button>
			)}
			<table className={styles.table} aria-label={props.label} aria-busy={rows === undefined}>
				<Head columns={props.columns} />
				<tbody>
					{rows?.map((row) => <Cells key={props.rowKey(row)} row={row} columns={props.columns} />) ?? (
						<Placeholders columns={props.columns} rows={props.expected ?? 8} />
					)}
				</tbody>
			</table>
			{(pages?.hasNextPage || props.foot) && (
				<div className={styles.foot}>
					<span>{props.foot}</span>
					{pages?.hasNextPage && (
						<Button size="small" onPress={() => void pages.fetchNextPage()} isBusy={pages.isFetchingNextPage}>
							Show more
						</Button>
					)}
				</div>
			)}
		</div>
	);
}

function classOf<Row>(column: Column<Row>, index: number): string {
	const hidden = index > 0 && !column.isOnPhone ? styles.wide : "";
	return `${styles[column.width ?? "normal"]} ${hidden} ${column.isNumber ? styles.number : ""}`;
}

function Head<Row>({ columns }: { columns: readonly Column<Row>[] }): ReactNode {
	return (
		<thead>
			<tr>
				{columns.map((column, index) => (
					<th key={column.heading} scope="col" className={classOf(column, index)}>
						{column.heading}
					</th>
				))}
			</tr>
		</thead>
	);
}

function Cells<Row>({ row, columns }: { row: Row; columns: readonly Column<Row>[] }): ReactNode {
	return (
		<tr className={styles.row}>
			{columns.map((column, index) => (
				<td key={column.heading} className={classOf(column, index)}>
					<div className={styles.cell}>{column.cell(row)}</div>
				</td>
			))}
		</tr>
	);
}

/** As high as rows are, so that nothing jumps when they come. */
function Placeholders<Row>({ columns, rows }: { columns: readonly Column<Row>[]; rows: number }): ReactNode {
	return Array.from({ length: rows }, (_, row) => (
		// biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
		<tr key={row} className={styles.row}>
			{columns.map((column, index) => (
				<td key={column.heading} className={classOf(column, index)}>
					<div className={styles.placeholder} />
				</td>
			))}
		</tr>
	));
}

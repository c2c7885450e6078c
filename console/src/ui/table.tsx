import { ArrowUp } from "lucide-react";
import { type ReactNode, Suspense } from "react";
import { count } from "../words/counts";
import { Button } from "./button";
import { ErrorNote } from "./error_note";
import { GapRow, rowHeight } from "./gap_row";
import styles from "./table.module.css";
import { TickAll, TickRow, type Ticks, useTickRange } from "./ticks";
import { VirtualRows } from "./widgets";

/** A column: its heading, and the content of its cells. */
export interface Column<Row> {
	heading: string;
	cell: (row: Row) => ReactNode;
	/** `name`: takes the remaining width. `phone`: also shown on a small screen; the first column always is. */
	width?: "name" | "narrow" | "normal";
	isOnPhone?: boolean;
	isNumber?: boolean;
}

/** A list that is read page by page. */
interface Pages {
	hasNextPage: boolean;
	isFetchingNextPage: boolean;
	fetchNextPage: () => unknown;
}

interface TableProps<Row> {
	/** What the rows are, for screen readers: "Devices". */
	label: string;
	columns: readonly Column<Row>[];
	rows: readonly Row[] | undefined;
	rowKey: (row: Row) => string;
	error?: unknown;
	/** Shown in place of the rows if there are none. */
	empty: ReactNode;
	/** For how many rows space is reserved while they are loading. */
	expected?: number;
	/** New records since the list was read, and a function to show them. They are never inserted while somebody may be using the list. */
	newer?: { records: number; onShow: () => void };
	/** The list of the rows, if it is read page by page. */
	pages?: Pages;
	/** Shown below the last row. */
	foot?: ReactNode;
	/** Rows can be selected for an action on several of them. */
	ticks?: Ticks<Row>;
}

/** If there are more rows than this, only those in view are in the document. */
const MANY = 100;
/** After this many rows, several further pages are loaded at once. */
const LONG = 500;
const PAGES_OF_LONG = 10;

/** A list of records. All lists of the console use it. */
export function Table<Row>(props: TableProps<Row>): ReactNode {
	const { rows, error, newer, ticks } = props;
	if (!rows && isError(error)) return <Note error={error} />;
	if (rows?.length === 0 && !newer?.records) return props.empty;
	return (
		<div>
			{newer && newer.records > 0 && (
				<button type="button" className={styles.newer} onClick={newer.onShow}>
					<ArrowUp size={14} aria-hidden />
					{count(newer.records)} newer
				</button>
			)}
			<table
				className={styles.table}
				aria-label={props.label}
				aria-busy={rows === undefined}
				aria-rowcount={rows && rows.length > MANY ? rows.length + 1 : undefined}
			>
				<Head columns={props.columns} tick={ticks && <TickAll keys={rows?.map(props.rowKey) ?? []} ticks={ticks} />} />
				<Body {...props} />
			</table>
			{isError(error) && <Note error={error} />}
			<Foot {...props} />
		</div>
	);
}

const isError = (error: unknown): boolean => error !== null && error !== undefined;

function Note({ error }: { error: unknown }): ReactNode {
	return (
		<div className={styles.note}>
			<ErrorNote error={error} />
		</div>
	);
}

function Body<Row>({ rows, rowKey, columns, ticks, expected }: TableProps<Row>): ReactNode {
	const range = useTickRange((from, to) => rows?.slice(from, to + 1).map(rowKey) ?? [], ticks);
	if (!rows) {
		return (
			<tbody>
				<Placeholders columns={columns} rows={expected} tick={ticks !== undefined} />
			</tbody>
		);
	}
	const draw = (index: number): ReactNode => {
		const row = rows[index];
		if (row === undefined) return null;
		const key = rowKey(row);
		const tick = ticks && <TickRow name={ticks.nameOf(row)} isTicked={ticks.isTicked(key)} {...range(index)} />;
		return <Cells key={key} row={row} columns={columns} index={index} isOfMany={rows.length > MANY} tick={tick} />;
	};
	const first = rows.slice(0, MANY).map((_, index) => draw(index));
	if (rows.length <= MANY) return <tbody>{first}</tbody>;
	const waiting = (
		<tbody>
			{first}
			<GapRow height={(rows.length - MANY) * rowHeight()} />
		</tbody>
	);
	return (
		<Suspense fallback={waiting}>
			<VirtualRows count={rows.length} row={draw} />
		</Suspense>
	);
}

async function fetchMore({ fetchNextPage }: Pages, isLong: boolean): Promise<void> {
	// After the last page, nothing more is read.
	for (let page = 0; page < (isLong ? PAGES_OF_LONG : 1); page += 1) await fetchNextPage();
}

function Foot<Row>({ pages, foot, rows }: TableProps<Row>): ReactNode {
	if (!pages?.hasNextPage && !foot) return null;
	const isLong = (rows?.length ?? 0) >= LONG;
	return (
		<div className={styles.foot}>
			<span>{foot}</span>
			{pages?.hasNextPage && (
				<Button size="small" onPress={() => void fetchMore(pages, isLong)} isBusy={pages.isFetchingNextPage}>
					Show more
				</Button>
			)}
		</div>
	);
}

function classOf<Row>(column: Column<Row>, index: number): string {
	const hidden = index > 0 && !column.isOnPhone ? styles.wide : "";
	return `${styles[column.width ?? "normal"]} ${hidden} ${column.isNumber ? styles.number : ""}`;
}

function Head<Row>({ columns, tick }: { columns: readonly Column<Row>[]; tick: ReactNode }): ReactNode {
	return (
		<thead>
			<tr>
				{tick && <td className={styles.tick}>{tick}</td>}
				{columns.map((column, index) => (
					<th key={column.heading} scope="col" className={classOf(column, index)}>
						{column.heading}
					</th>
				))}
			</tr>
		</thead>
	);
}

interface CellsProps<Row> {
	row: Row;
	columns: readonly Column<Row>[];
	index: number;
	isOfMany: boolean;
	tick: ReactNode;
}

function Cells<Row>({ row, columns, index, isOfMany, tick }: CellsProps<Row>): ReactNode {
	return (
		// The first row contains the headings.
		<tr className={styles.row} aria-rowindex={isOfMany ? index + 2 : undefined} data-index={index}>
			{tick && <td className={styles.tick}>{tick}</td>}
			{columns.map((column, at) => (
				<td key={column.heading} className={classOf(column, at)}>
					<div className={styles.cell}>{column.cell(row)}</div>
				</td>
			))}
		</tr>
	);
}

interface PlaceholdersProps<Row> {
	columns: readonly Column<Row>[];
	rows: number | undefined;
	tick: boolean;
}

/** Placeholders with the height of rows, so that the layout does not jump. */
function Placeholders<Row>({ columns, rows = 8, tick }: PlaceholdersProps<Row>): ReactNode {
	return Array.from({ length: rows }, (_, row) => (
		// biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
		<tr key={row} className={styles.row}>
			{tick && <td className={styles.tick} />}
			{columns.map((column, index) => (
				<td key={column.heading} className={classOf(column, index)}>
					<div className={styles.placeholder} />
				</td>
			))}
		</tr>
	));
}

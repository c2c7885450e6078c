// Where each release of a cohort is drawn. Pure: it knows neither the API nor React.
//
// Releases form a tree towards the latest one. It stands on top; each row below it is one release, or a fold of several. The longest path
// goes straight down, the others branch off to the right of it. It is the picture of `peridio releases graph`, turned over.

/** A release, as far as drawing has to know it. */
export interface GraphNode {
	id: string;
	/** The release that it leads to. */
	next: string | null;
	/** Whether nothing is remarkable about it, so that it can be folded away. */
	isPlain: boolean;
}

export interface GraphRow {
	/** One release; several where they are folded. The upper one first. */
	ids: string[];
	/** How far to the right it stands. In each lane left of it, a line passes by. */
	lane: number;
	/** How a line comes from above: from the row above in the same lane, from the lane to the left, or not at all. */
	joins: "nothing" | "straight" | "branch";
	/** Whether a line goes on downwards. */
	goesOn: boolean;
}

export interface FoldRule {
	/** Shorter runs are never folded. */
	least: number;
	/** Releases that were unfolded, or have to be seen. */
	shown: ReadonlySet<string>;
}

const NO_FOLDS: FoldRule = { least: Number.POSITIVE_INFINITY, shown: new Set() };

/** The rows from the latest release down to the first ones. */
export function layOut(nodes: readonly GraphNode[], folds: FoldRule = NO_FOLDS): GraphRow[] {
	const previous = previousOf(nodes);
	return fold(rowsOf(nodes, previous), nodes, previous, folds);
}

type Previous = Map<string, string[]>;

/** For each release those that lead to it, the one with the longest path first. Without recursion: a path may be long. */
function previousOf(nodes: readonly GraphNode[]): Previous {
	const previous: Previous = new Map(nodes.map(({ id }) => [id, []]));
	for (const { id, next } of nodes) if (next !== null) previous.get(next)?.push(id);
	const order = endsOf(nodes, previous);
	for (const id of order) order.push(...(previous.get(id) ?? []));
	const length = new Map<string, number>();
	for (const id of order.reverse()) {
		const before = previous.get(id) ?? [];
		before.sort((one, other) => (length.get(other) ?? 0) - (length.get(one) ?? 0));
		length.set(id, 1 + (length.get(before[0] ?? "") ?? 0));
	}
	return previous;
}

/** Releases that lead to none of the others. There is one, but for graphs of which a part is shown. */
function endsOf(nodes: readonly GraphNode[], previous: Previous): string[] {
	return nodes.filter(({ next }) => next === null || !previous.has(next)).map(({ id }) => id);
}

interface Waiting {
	id: string;
	lane: number;
	joins: GraphRow["joins"];
}

function rowsOf(nodes: readonly GraphNode[], previous: Previous): GraphRow[] {
	const rows: GraphRow[] = [];
	const waiting: Waiting[] = endsOf(nodes, previous)
		.reverse()
		.map((id) => ({ id, lane: 0, joins: "nothing" }));
	for (let now = waiting.pop(); now; now = waiting.pop()) {
		const { id, lane, joins } = now;
		const [main, ...others] = previous.get(id) ?? [];
		rows.push({ ids: [id], lane, joins, goesOn: main !== undefined });
		if (main !== undefined) waiting.push({ id: main, lane, joins: "straight" });
		for (const other of others) waiting.push({ id: other, lane: lane + 1, joins: "branch" });
	}
	return rows;
}

/** Runs of plain releases become one row. The first and the last one of a path stay: something is done there. */
function fold(
	rows: GraphRow[],
	nodes: readonly GraphNode[],
	previous: Previous,
	{ least, shown }: FoldRule,
): GraphRow[] {
	const plain = new Set(nodes.filter(({ id, isPlain }) => isPlain && !shown.has(id)).map(({ id }) => id));
	const isFoldable = ({ ids: [id = ""], joins }: GraphRow): boolean =>
		joins === "straight" && plain.has(id) && previous.get(id)?.length === 1;
	const folded: GraphRow[] = [];
	let run: GraphRow[] = [];
	const end = (): void => {
		const [first] = run;
		if (first && run.length >= least) folded.push({ ...first, ids: run.flatMap(({ ids }) => ids) });
		else folded.push(...run);
		run = [];
	};
	for (const row of rows) {
		if (!isFoldable(row) || row.lane !== run[0]?.lane) end();
		if (isFoldable(row)) run.push(row);
		else folded.push(row);
	}
	end();
	return folded;
}

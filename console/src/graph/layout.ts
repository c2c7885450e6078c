// Calculates the positions of a cohort's releases in the drawing. It depends on neither the API nor React.
//
// The releases form a tree whose root is the latest one. The latest release is at the top; each row below it is one release, or a group of
// folded releases. The longest path goes straight down, and the others branch off to its right. It is the drawing of `peridio releases
// graph` upside down.

/** A release with the data that the drawing needs. */
export interface GraphNode {
	id: string;
	/** The next release. */
	next: string | null;
	/** Whether it has no marks, so that it can be folded. */
	isPlain: boolean;
}

export interface GraphRow {
	/** One release, or several if they are folded. The upper one comes first. */
	ids: string[];
	/** The lane, counted from the left. In each lane to its left, a line passes by. */
	lane: number;
	/** Where the line from above comes from: the row above in the same lane, the lane to the left, or nowhere. */
	joins: "nothing" | "straight" | "branch";
	/** Whether a line continues downwards. */
	goesOn: boolean;
}

export interface FoldRule {
	/** Shorter sequences are never folded. */
	least: number;
	/** Releases that the person has unfolded, or that must be visible. */
	shown: ReadonlySet<string>;
}

const NO_FOLDS: FoldRule = { least: Number.POSITIVE_INFINITY, shown: new Set() };

/** The rows from the latest release down to the first ones. */
export function layOut(nodes: readonly GraphNode[], folds: FoldRule = NO_FOLDS): GraphRow[] {
	const previous = previousOf(nodes);
	return fold(rowsOf(nodes, previous), nodes, previous, folds);
}

type Previous = Map<string, string[]>;

/** The previous releases of each release, the one with the longest path first. Not recursive, because a path may be long. */
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

/** Releases without a next release in this list. There is only one, unless only a part of a graph is shown. */
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

/**
 * Folds sequences of unmarked releases into one row. The first and the last release of a path are not folded, because people work with
 * them.
 */
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

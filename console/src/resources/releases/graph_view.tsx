import { Plus } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { type GraphRow, layOut } from "../../graph/layout";
import { counted } from "../../words/counts";
import { goesInWords } from "./goes";
import styles from "./graph_view.module.css";
import type { Place } from "./insert_dialog";
import { Marks } from "./state";

type GraphRelease = Schemas["GraphRelease"];

/** The maximum number of rows, so that browsers draw quickly and people can look through them. */
const MOST_ROWS = 200;
/** Graphs of up to this size are shown completely. */
const WHOLE = 30;
const LANE = 28;
/** The distance of the dot from the upper edge of a row (the same value is in graph_view.module.css). */
const DOT = 68;

function isPlain(release: GraphRelease): boolean {
	const { devices, failed, required, disabled, schedule_date, version_requirement, affected_by } = release;
	return !(devices || failed || required || disabled || schedule_date || version_requirement || affected_by.length);
}

export interface GraphViewProps {
	releases: readonly GraphRelease[];
	/** Data about releases that the graph does not contain: bundles, and the phase of the latest release. */
	whole: ReadonlyMap<string, Schemas["Release"]>;
	devices: number;
	chosen: string | undefined;
	onChoose: (release: GraphRelease) => void;
	onInsert: (place: Place) => void;
	mayInsert: boolean;
	/** Whether single-letter shortcuts are enabled (WCAG 2.1.4). */
	areKeysOn: boolean;
}

/** The releases of a cohort as a graph, the latest on top. */
export function GraphView(props: GraphViewProps): ReactNode {
	const { releases, chosen } = props;
	const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
	const shown = new Set([...unfolded, ...(chosen ? [chosen] : [])]);
	const nodes = releases.map((release) => ({
		id: release.release_prn,
		next: release.next_release_prn ?? null,
		isPlain: isPlain(release),
	}));
	const all = releases.length > WHOLE ? layOut(nodes, { least: 4, shown }) : layOut(nodes);
	const rows = all.slice(0, MOST_ROWS);
	const byPrn = new Map(releases.map((release) => [release.release_prn, release]));
	const names = new Map(releases.map(({ release_prn, name }) => [release_prn, name]));
	const width = (1 + Math.max(0, ...rows.map(({ lane }) => lane))) * LANE;
	return (
		<>
			<Walk {...props} rows={rows} byPrn={byPrn}>
				{rows.map((row, index) => {
					const release = byPrn.get(row.ids[0] ?? "");
					if (!release) return null;
					return (
						<li key={release.release_prn} className={styles.row}>
							<div className={styles.lanes} style={{ width }}>
								<Lines row={row} width={width} isFold={row.ids.length > 1} />
								<Plusses {...props} row={row} release={release} byPrn={byPrn} isTop={index === 0} />
							</div>
							{row.ids.length > 1 ? (
								<button
									type="button"
									className={styles.fold}
									onClick={() => setUnfolded(new Set([...unfolded, ...row.ids]))}
								>
									{counted(row.ids.length, "release", "releases")}
									<span className={styles.muted}>
										{" "}
										without devices, from {byPrn.get(row.ids.at(-1) ?? "")?.name} to {release.name}
									</span>
								</button>
							) : (
								<Node {...props} release={release} names={names} />
							)}
						</li>
					);
				})}
			</Walk>
			{all.length > rows.length && (
				<p className={styles.more}>
					{counted(all.length - rows.length, "earlier row is", "earlier rows are")} not drawn.
				</p>
			)}
		</>
	);
}

/** The line of a release's own lane, and the lines that pass by. */
function Lines({ row, width, isFold }: { row: GraphRow; width: number; isFold: boolean }): ReactNode {
	const x = (lane: number): number => lane * LANE + LANE / 2;
	const own = x(row.lane);
	return (
		<svg className={styles.lines} width={width} height="100%" aria-hidden="true" focusable="false">
			{Array.from({ length: row.lane }, (_, lane) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: lanes are numbers
				<line key={lane} x1={x(lane)} x2={x(lane)} y1="0" y2="100%" />
			))}
			{row.joins === "straight" && <line x1={own} x2={own} y1="0" y2={DOT} />}
			{row.joins === "branch" && <path d={`M${x(row.lane - 1)} 0 C${x(row.lane - 1)} 14 ${own} 6 ${own} 20 V${DOT}`} />}
			<line className={row.goesOn ? "" : styles.stub} x1={own} x2={own} y1={DOT} y2="100%" />
			<circle className={isFold ? styles.hollow : ""} cx={own} cy={DOT} r={isFold ? 4 : 5} />
		</svg>
	);
}

interface PlussesProps extends GraphViewProps {
	row: GraphRow;
	release: GraphRelease;
	byPrn: ReadonlyMap<string, GraphRelease>;
	isTop: boolean;
}

/** A `+` button on the line to the next release, after the latest, and before a first one. */
function Plusses({ row, release, byPrn, onInsert, mayInsert, isTop }: PlussesProps): ReactNode {
	if (!mayInsert) return null;
	const next = byPrn.get(release.next_release_prn ?? "") ?? null;
	const left = row.lane * LANE + LANE / 2 - 12;
	const last = byPrn.get(row.ids.at(-1) ?? "");
	return (
		<>
			{(next || isTop) && (
				<button
					type="button"
					className={styles.plus}
					style={{ left }}
					aria-label={next ? `Insert between ${release.name} and ${next.name}` : `Insert after ${release.name}`}
					onClick={() => onInsert({ previous: release, next })}
				>
					<Plus size={14} aria-hidden />
				</button>
			)}
			{!row.goesOn && last && (
				<button
					type="button"
					className={`${styles.plus} ${styles.before}`}
					style={{ left }}
					aria-label={`Insert before ${last.name}`}
					onClick={() => onInsert({ previous: null, next: last })}
				>
					<Plus size={14} aria-hidden />
				</button>
			)}
		</>
	);
}

interface NodeProps extends GraphViewProps {
	release: GraphRelease;
	names: ReadonlyMap<string, string>;
}

function Node({ release, whole, devices, chosen, onChoose, names }: NodeProps): ReactNode {
	const more = whole.get(release.release_prn);
	const { goes, held } = goesInWords(release, names);
	const isChosen = chosen === release.release_prn;
	const tried = release.failed + release.devices;
	const isMoving = release.devices > 0 && Boolean(release.goes_to_prn);
	return (
		<div className={`${styles.node} ${isChosen ? styles.chosen : ""}`}>
			<div className={styles.line}>
				<button
					type="button"
					className={styles.name}
					data-release={release.release_prn}
					aria-expanded={isChosen}
					onClick={() => onChoose(release)}
				>
					{release.name}
				</button>
				{release.version && release.version !== release.name && <code>{release.version}</code>}
				{!release.next_release_prn && <span className={styles.latest}>latest</span>}
				<Marks release={release} phase={more} devices={devices} />
			</div>
			<p className={styles.facts}>
				<span className={release.devices > 0 ? styles.strong : ""}>
					{counted(release.devices, "device", "devices")}
				</span>
				{release.failed > 0 && (
					<span className={styles.failed}>
						{release.failed} failed ({Math.round((100 * release.failed) / Math.max(1, tried))}%)
					</span>
				)}
				{more?.bundle?.name && <span>bundle {more.bundle.name}</span>}
				{isMoving && <span>{goes}</span>}
			</p>
			{held && <p className={styles.held}>Not further: {held}.</p>}
		</div>
	);
}

interface WalkProps extends GraphViewProps {
	rows: readonly GraphRow[];
	byPrn: ReadonlyMap<string, GraphRelease>;
	children: ReactNode;
}

/** Keys: arrows move along the lines, and `i` inserts a release after the focused one. */
function Walk({ rows, byPrn, onInsert, mayInsert, areKeysOn, children }: WalkProps): ReactNode {
	const list = useRef<HTMLOListElement>(null);
	const focus = (prn: string | null | undefined): void =>
		list.current?.querySelector<HTMLElement>(`[data-release="${CSS.escape(prn ?? "")}"]`)?.focus();
	const before = (prn: string): string[] => {
		const inRows = rows.map(({ ids }) => ids[0] ?? "");
		return inRows.filter((id) => byPrn.get(id)?.next_release_prn === prn);
	};
	/** Up and down move along the line. Right and left move between releases with the same next release. */
	const goalOf = (key: string, prn: string, next: string | null | undefined): string | null | undefined => {
		// In the order of the rows, side paths come first and the main path last.
		if (key === "ArrowUp") return next;
		if (key === "ArrowDown") return before(prn).at(-1);
		if (key === "ArrowRight") return before(prn)[0];
		return key === "ArrowLeft" && next ? before(next).at(-1) : null;
	};
	const onKeyDown = (event: KeyboardEvent): void => {
		const prn = event.target instanceof HTMLElement ? event.target.dataset.release : undefined;
		const release = byPrn.get(prn ?? "");
		if (!prn || !release || event.ctrlKey || event.metaKey || event.altKey) return;
		const next = release.next_release_prn;
		const insert = event.key === "i" && mayInsert && areKeysOn;
		const goal = insert ? undefined : goalOf(event.key, prn, next);
		if (!insert && !goal) return;
		event.preventDefault();
		if (insert) onInsert({ previous: release, next: byPrn.get(next ?? "") ?? null });
		else focus(goal);
	};
	return (
		<ol ref={list} className={styles.graph} aria-label="Releases, the latest first" onKeyDown={onKeyDown}>
			{children}
		</ol>
	);
}

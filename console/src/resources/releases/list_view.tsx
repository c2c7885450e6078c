import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Link } from "../../ui/link";
import { type Column, Table } from "../../ui/table";
import { count } from "../../words/counts";
import styles from "./panel.module.css";
import { releaseId } from "./queries";
import { Marks } from "./state";

type GraphRelease = Schemas["GraphRelease"];

interface ListViewProps {
	releases: readonly GraphRelease[];
	whole: ReadonlyMap<string, Schemas["Release"]>;
	devices: number;
}

function columnsOf({ releases, whole, devices }: ListViewProps): Column<GraphRelease>[] {
	const names = new Map(releases.map(({ release_prn, name }) => [release_prn, name]));
	return [
		{
			heading: "Release",
			width: "name",
			cell: ({ release_prn: prn, name }) => (
				<Link to="/releases/$release" params={{ release: releaseId(prn) }} look="plain">
					{name}
				</Link>
			),
		},
		{ heading: "Version", cell: ({ version }) => (version ? <code>{version}</code> : "–") },
		{
			heading: "State",
			width: "name",
			cell: (release) => (
				<span className={styles.marks}>
					<Marks release={release} phase={whole.get(release.release_prn)} devices={devices} />
				</span>
			),
		},
		{
			heading: "Devices go to",
			cell: ({ goes_to_prn: goal, held_because: held }) =>
				`${goal ? (names.get(goal) ?? "a later one") : "stay"}${held ? ", held" : ""}`,
		},
		{ heading: "Devices", isNumber: true, isOnPhone: true, width: "narrow", cell: (release) => count(release.devices) },
		{ heading: "Failed", isNumber: true, width: "narrow", cell: ({ failed }) => count(failed) },
	];
}

/** The same releases as rows, in the graph's order. */
export function ListView(props: ListViewProps): ReactNode {
	return (
		<Table
			label="Releases"
			columns={columnsOf(props)}
			rows={props.releases}
			rowKey={({ release_prn: prn }) => prn}
			empty={null}
		/>
	);
}

import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { count } from "../../words/counts";
import styles from "./adoption.module.css";

type Adoption = Schemas["Adoption"];

const PARTS = [
	["on", "On it"],
	["before", "Not yet"],
	["after", "Further"],
	["elsewhere", "Elsewhere"],
] as const;

/** The positions of the cohort's devices relative to the release. */
export function AdoptionBar({ adoption }: { adoption: Adoption }): ReactNode {
	const all = Math.max(1, adoption.devices);
	let x = 0;
	return (
		<div className={styles.adoption}>
			<svg className={styles.bar} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
				{PARTS.map(([part]) => {
					const width = (adoption[part] / all) * 100;
					const from = x;
					x += width;
					return <rect key={part} className={styles[part]} x={from} width={width} height="10" />;
				})}
			</svg>
			<dl className={styles.legend}>
				{PARTS.map(([part, words]) => (
					<div key={part} className={styles.entry}>
						<dt>
							<svg width="10" height="10" aria-hidden="true" focusable="false">
								<rect className={styles[part]} width="10" height="10" rx="2" />
							</svg>{" "}
							{words}
						</dt>
						<dd>{count(adoption[part])}</dd>
					</div>
				))}
			</dl>
			<Days days={adoption.days} />
		</div>
	);
}

const DAYS = 14;

/** Installations and failures by day: as bars, and as a table. */
function Days({ days }: { days: readonly Schemas["AdoptionDay"][] }): ReactNode {
	const shown = days.slice(-DAYS);
	const most = Math.max(1, ...shown.map(({ arrived, failed }) => Math.max(arrived, failed)));
	if (shown.length === 0) return null;
	return (
		<details className={styles.days}>
			<summary>Day by day (UTC)</summary>
			<table className={styles.table} aria-label="Day by day">
				<thead>
					<tr>
						<th scope="col">Day</th>
						<th scope="col">Arrived</th>
						<th scope="col">Installed</th>
						<th scope="col">Failed</th>
						<th scope="col">
							<span className="visually-hidden">As bars</span>
						</th>
					</tr>
				</thead>
				<tbody>
					{shown.map(({ day, arrived, installed, failed }) => (
						<tr key={day}>
							<th scope="row">{day}</th>
							<td>{count(arrived)}</td>
							<td>{count(installed)}</td>
							<td>{count(failed)}</td>
							<td className={styles.drawn}>
								<svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" focusable="false">
									<rect className={styles.on} width={(arrived / most) * 100} height="6" />
									<rect className={styles.failed} y="7" width={(failed / most) * 100} height="5" />
								</svg>
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</details>
	);
}

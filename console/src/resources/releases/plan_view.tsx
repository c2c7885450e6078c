import { ArrowRight, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { count, counted } from "../../words/counts";
import styles from "./plan_view.module.css";
import type { ReleasePlan } from "./plans";

type Links = ReleasePlan["links"][number]["before"];

function linksInWords(links: Links): string {
	if (!links) return "on no path";
	const before = links.previous.map(({ name }) => name).join(", ");
	const after = links.next ? `before ${links.next.name}` : "the latest";
	return before ? `after ${before}, ${after}` : after;
}

function goalInWords({ goes_to, held_because }: ReleasePlan["devices"][number]["before"]): string {
	const goal = goes_to ? `go to ${goes_to.name}` : "stay";
	return held_because ? `${goal} (${held_because})` : goal;
}

/** The effect of a change, as planned by the server. */
export function PlanView({ plan }: { plan: ReleasePlan }): ReactNode {
	const links = plan.links.filter(({ before, after }) => linksInWords(before) !== linksInWords(after));
	const offers = plan.offers.filter(({ before, after }) => before !== after);
	return (
		<div className={styles.plan}>
			<PlanWarnings warnings={plan.warnings} />
			{offers.length > 0 && (
				<ul className={styles.lines} aria-label="Offers">
					{offers.map(({ release, before, after }) => (
						<li key={release.name}>
							<strong>{counted(after, "device", "devices")}</strong> would be offered {release.name} at once, now{" "}
							{count(before)}
						</li>
					))}
				</ul>
			)}
			<Moves plan={plan} />
			{links.length > 0 && (
				<table className={styles.links} aria-label="Links">
					<thead>
						<tr>
							<th scope="col">Release</th>
							<th scope="col">Now</th>
							<th scope="col">Then</th>
						</tr>
					</thead>
					<tbody>
						{links.map(({ release, before, after }) => (
							<tr key={release.name}>
								<th scope="row">{release.name}</th>
								<td>{linksInWords(before)}</td>
								<td>{linksInWords(after)}</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
		</div>
	);
}

/** Warnings of the server about a change. They do not prevent it. */
export function PlanWarnings({ warnings }: Pick<ReleasePlan, "warnings">): ReactNode {
	return warnings.map(({ code, message }) => (
		<p key={code} className={styles.warning}>
			<TriangleAlert size={16} aria-hidden />
			<span>{message}</span>
		</p>
	));
}

function Moves({ plan }: { plan: ReleasePlan }): ReactNode {
	const moves = plan.devices.filter(({ devices }) => devices > 0);
	if (moves.length === 0) return null;
	return (
		<ul className={styles.lines} aria-label="Devices">
			{moves.map(({ release, devices, before, after }) => (
				<li key={release.name}>
					{counted(devices, "device", "devices")} on {release.name}: {goalInWords(before)}{" "}
					<ArrowRight size={14} aria-label="then" /> {goalInWords(after)}
				</li>
			))}
		</ul>
	);
}

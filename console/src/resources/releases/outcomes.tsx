import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge, type Tone } from "../../ui/badge";
import { Link } from "../../ui/link";
import { Time } from "../../ui/time";
import { count } from "../../words/counts";
import styles from "./outcomes.module.css";
import { devicesByOutcomeQuery, outcomesQuery } from "./queries";

const OUTCOMES: readonly (readonly [string, Tone, string])[] = [
	["downloading", "busy", "Downloading"],
	["installing", "busy", "Installing"],
	["installed", "good", "Installed"],
	["failed", "bad", "Failed"],
	["rolled_back", "warn", "Rolled back"],
];

/** The results of updates to the release: numbers, and the devices that failed with their messages. */
export function Outcomes({ prn }: { prn: string }): ReactNode {
	const { data } = useQuery(outcomesQuery(prn));
	const many = new Map(data?.facets.map(({ value, devices }) => [value ?? "", devices]));
	const told = OUTCOMES.filter(([outcome]) => many.has(outcome));
	if (data && told.length === 0) return <p className={styles.none}>No device has said yet how it went.</p>;
	return (
		<div className={styles.outcomes}>
			<ul className={styles.counts}>
				{told.map(([outcome, tone, words]) => (
					<li key={outcome}>
						<Link
							to="/devices"
							search={{ q: `outcome_release_prn:'${prn}'`, outcome }}
							look="plain"
							className={styles.count ?? ""}
						>
							<Badge tone={tone}>{words}</Badge>
							<span>{count(many.get(outcome) ?? 0)}</span>
						</Link>
					</li>
				))}
			</ul>
			{many.has("failed") && <Failed prn={prn} outcome="failed" />}
			{many.has("rolled_back") && <Failed prn={prn} outcome="rolled_back" />}
		</div>
	);
}

function Failed({ prn, outcome }: { prn: string; outcome: "failed" | "rolled_back" }): ReactNode {
	const { data } = useQuery(devicesByOutcomeQuery(prn, outcome));
	return (
		<ul className={styles.devices} aria-label={outcome === "failed" ? "Failed" : "Rolled back"}>
			{data?.devices.map((device) => (
				<FailedDevice key={device.prn} device={device} />
			))}
		</ul>
	);
}

function FailedDevice({ device }: { device: Schemas["Device"] }): ReactNode {
	const report = device.last_report;
	return (
		<li className={styles.device}>
			<p className={styles.line}>
				<Link to="/devices/$identifier" params={{ identifier: device.identifier }} look="plain">
					{device.identifier}
				</Link>
				{report && <Time at={report.reported_at} />}
			</p>
			{report?.detail ? (
				<pre className={styles.detail}>{report.detail}</pre>
			) : (
				<p className={styles.none}>It gave no reason.</p>
			)}
		</li>
	);
}

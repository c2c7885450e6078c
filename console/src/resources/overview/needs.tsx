import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge, type Tone } from "../../ui/badge";
import { Link } from "../../ui/link";
import { Section } from "../../ui/page";
import { Time } from "../../ui/time";
import { counted } from "../../words/counts";
import styles from "./needs.module.css";

type Overview = Schemas["Overview"];

interface Need {
	id: string;
	tone: Tone;
	state: string;
	words: ReactNode;
}

function failures({ failed_devices: failed }: Overview): Need[] {
	if (!failed?.count) return [];
	const words = (
		<Link to="/devices" search={{ outcome: "failed" }}>
			{counted(failed.count, "device", "devices", failed.exact)} failed to update
		</Link>
	);
	return [{ id: "failed", tone: "bad", state: "Failed", words }];
}

function jobs({ jobs_given_up: jobs }: Overview): Need[] {
	if (jobs.count === 0) return [];
	const words = <Link to="/settings/server">{counted(jobs.count, "job was", "jobs were", jobs.exact)} given up</Link>;
	return [{ id: "jobs", tone: "bad", state: "Given up", words }];
}

function certificates({ ending_ca_certificates: ending }: Overview): Need[] {
	return (ending ?? []).map(({ ca_certificate_prn, subject, not_after }) => {
		const words = (
			<>
				The CA certificate {subject} ends <Time at={not_after} />
			</>
		);
		return { id: ca_certificate_prn, tone: "warn", state: "Ends soon", words };
	});
}

function unfinished({ binaries }: Overview): Need[] {
	const failed = binaries.find(({ state }) => state === "verification_error");
	if (!failed || failed.count === 0) return [];
	const words = `${counted(failed.count, "binary", "binaries", failed.exact)} had another hash than was promised`;
	return [{ id: "verification", tone: "bad", state: "Failed", words }];
}

/** The items that need attention, the most serious first. */
export function needsOf(overview: Overview): Need[] {
	return [...failures(overview), ...unfinished(overview), ...jobs(overview), ...certificates(overview)];
}

export function Needs({ overview }: { overview: Overview }): ReactNode {
	const needs = needsOf(overview);
	if (needs.length === 0) return null;
	return (
		<Section title="Needs a look" isFlush>
			<ul>
				{needs.map(({ id, tone, state, words }) => (
					<li key={id} className={styles.need}>
						<Badge tone={tone}>{state}</Badge>
						<span className={styles.words}>{words}</span>
					</li>
				))}
			</ul>
		</Section>
	);
}

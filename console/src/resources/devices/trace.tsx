import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Ban, Check, CornerDownRight, Minus, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../../api/client";
import type { Permission } from "../../api/permissions";
import { Badge, type Tone } from "../../ui/badge";
import { Button } from "../../ui/button";
import { ErrorNote } from "../../ui/error_note";
import { TextField } from "../../ui/field";
import { counted } from "../../words/counts";
import { releaseQuery, traceQuery } from "./queries";
import styles from "./trace.module.css";

type Step = Schemas["TraceStep"];

const ANSWERS: Record<string, readonly [Tone, string]> = {
	update: ["good", "Gets an update"],
	no_update: ["plain", "No update"],
	device_quarantine: ["stopped", "Quarantine"],
};

/** How the outcome of a step is shown: a shape, and a word for screen readers. */
const OUTCOMES: Record<string, readonly [typeof Check, string, string]> = {
	continue: [Check, "passed", "passed"],
	fall_through: [Minus, "not this", "skipped"],
	step_back: [CornerDownRight, "one back", "skipped"],
	update: [Check, "decides: update", "decides"],
	no_update: [X, "decides: no update", "refuses"],
	device_quarantine: [Ban, "decides: quarantine", "refuses"],
};

interface TraceProps {
	device: Schemas["Device"];
	/** The version to assume instead of the reported one, from the page's address. */
	version: string | undefined;
	permission: Permission;
}

/** Why the device gets what it gets: each rule that the server evaluated, and the one that decided. */
export function Trace({ device, version, permission }: TraceProps): ReactNode {
	const { data, error } = useQuery({ ...traceQuery(device.prn, version), enabled: permission.allowed });
	if (!permission.allowed) return <p>{permission.reason}</p>;
	return (
		<div className={styles.trace}>
			<Suppose device={device} version={version} />
			{error && <ErrorNote error={error} />}
			<div aria-live="polite" aria-busy={!data && !error} className={styles.result}>
				{data && <Answer answer={data} version={version} />}
			</div>
		</div>
	);
}

function Answer({ answer, version }: { answer: Schemas["UpdateAnswer"]; version: string | undefined }): ReactNode {
	const [tone, words] = ANSWERS[answer.status] ?? (["plain", answer.status] as const);
	return (
		<>
			<p className={styles.answer}>
				<Badge tone={tone}>{words}</Badge>
				{version && <span>if it ran {version}</span>}
				{answer.status === "update" && <Source answer={answer} />}
			</p>
			<ol className={styles.steps}>
				{answer.trace?.map((step, index) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: the steps of an answer have an order and nothing else
					<StepLine key={index} step={step} />
				))}
			</ol>
		</>
	);
}

function Source({ answer }: { answer: Schemas["UpdateAnswer"] }): ReactNode {
	const isRelease = answer.source_type === "release";
	const { data } = useQuery(releaseQuery(isRelease ? answer.source_prn : null));
	const from = isRelease ? (data ? `release ${data.release.name}` : "a release") : "a bundle override";
	return (
		<span>
			from {from}, {counted(answer.manifest?.length ?? 0, "binary", "binaries")}
		</span>
	);
}

function StepLine({ step }: { step: Step }): ReactNode {
	const [Shape, word, look] = OUTCOMES[step.outcome] ?? [Minus, step.outcome, "skipped"];
	return (
		<li className={`${styles.step} ${styles[look]}`}>
			<span className={styles.shape}>
				<Shape size={14} strokeWidth={2.5} aria-hidden />
				<span className="visually-hidden">{word}: </span>
			</span>
			<span className={styles.rule}>{step.step.replaceAll("_", " ")}</span>
			<span className={styles.reason}>{step.reason}</span>
		</li>
	);
}

/** "As if it ran …": the same explanation for another version. */
function Suppose({ device, version }: { device: Schemas["Device"]; version: string | undefined }): ReactNode {
	const [typed, setTyped] = useState(version ?? "");
	const navigate = useNavigate();
	const ask = (assumed: string): void => {
		void navigate({
			to: "/devices/$identifier",
			params: { identifier: device.identifier },
			search: assumed ? { version: assumed } : {},
			replace: true,
		});
	};
	return (
		<form
			className={styles.suppose}
			onSubmit={(event) => {
				event.preventDefault();
				ask(typed.trim());
			}}
		>
			<TextField
				label="As if it ran version"
				name="release_version"
				value={typed}
				onChange={setTyped}
				placeholder="1.0.0"
				isMono
			/>
			<Button type="submit">Ask</Button>
			{version && (
				<Button
					look="quiet"
					onPress={() => {
						setTyped("");
						ask("");
					}}
				>
					As it is
				</Button>
			)}
		</form>
	);
}

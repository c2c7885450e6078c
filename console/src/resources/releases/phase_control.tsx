import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { ifMatch } from "../../api/tagged";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";
import { count, counted } from "../../words/counts";
import { phaseInWords, placesOf } from "../../words/phases";
import { ConfirmChange, forgetReleases } from "./confirm_change";
import styles from "./phase_control.module.css";
import { bodyOf, draftOf, type PhaseDraft, type PhaseMode, phaseFlags, stepOf } from "./phase_draft";
import { asPlanned, planUpdate } from "./plans";

const MODES: readonly (readonly [PhaseMode, string])[] = [
	["everyone", "Everyone"],
	["share", "A share"],
	["number", "A number"],
	["tags", "Tags"],
];

interface PhaseControlProps {
	release: Schemas["Release"];
	etag: string | null;
	devices: number;
	/** How many devices installed it and how many failed, shown before more devices get it. */
	outcome: { installed: number; failed: number } | undefined;
	cohort: string;
}

/** The devices that a release is offered to. Narrowing applies at once; widening first shows the affected devices. */
export function PhaseControl({ release, etag, devices, outcome, cohort }: PhaseControlProps): ReactNode {
	const [draft, setDraft] = useState(() => draftOf(release, devices));
	const [isAsking, setIsAsking] = useState(false);
	const permission = usePermission("releases_update");
	const step = stepOf(release, draft, devices);
	const path = { prn: release.prn };
	const body = bodyOf(draft);
	const command = `peridio releases update ${quoted(`${cohort}/${release.name}`)}${phaseFlags(draft)}`;
	const narrow = useMutation({
		mutationFn: () => change(() => api.PATCH("/v1/releases/{prn}", { params: { path }, body, headers: ifMatch(etag) })),
		onSuccess: async () => {
			notify({ tone: "good", text: "Narrowed. Devices that have a place keep it." });
			await forgetReleases();
		},
		onError: () => void forgetReleases(),
	});
	return (
		<Form
			label="Who gets it"
			error={narrow.error}
			onSubmit={() => (step.isWider ? setIsAsking(true) : narrow.mutate())}
			actions={
				<>
					<Button
						type="submit"
						look={step.isSame ? "plain" : "primary"}
						permission={permission}
						isDisabled={step.isSame}
						isBusy={narrow.isPending}
					>
						{step.isWider ? "Widen…" : "Narrow"}
					</Button>
					<span className={styles.step} aria-live="polite">
						{step.isSame ? "" : step.words}
					</span>
				</>
			}
		>
			<p>
				Now: <strong>{phaseInWords(release, devices)}</strong>.
				{release.claims > 0 && ` ${counted(release.claims, "device has", "devices have")} a place and keep it.`}
			</p>
			<Modes mode={draft.mode} onChange={(mode) => setDraft({ ...draft, mode })} />
			<Amount draft={draft} devices={devices} onChange={(given) => setDraft({ ...draft, ...given })} />
			{!step.isSame && <Command text={command} />}
			{isAsking && (
				<ConfirmChange
					title={`Widen ${release.name}`}
					action="Widen"
					plan={() => planUpdate(release.prn, body)}
					apply={(plan) =>
						change(() =>
							api.PATCH("/v1/releases/{prn}", { params: { path }, body, headers: ifMatch(etag), ...asPlanned(plan) }),
						)
					}
					command={command}
					onDone={() => {
						setIsAsking(false);
						notify({ tone: "good", text: `${release.name} is open to ${phaseInWords(phaseOf(draft), devices)}.` });
					}}
					onClose={() => setIsAsking(false)}
				>
					<p>
						It will be open to <strong>{phaseInWords(phaseOf(draft), devices)}</strong>: it {step.words}.
					</p>
					<Rate outcome={outcome} />
				</ConfirmChange>
			)}
		</Form>
	);
}

function phaseOf(draft: PhaseDraft): { phase_mode: string; phase_value: number | null; phase_tags: string[] } {
	const { phase_mode: mode, phase_value: value, phase_tags: tags } = bodyOf(draft);
	return { phase_mode: mode ?? "numeric", phase_value: value ?? null, phase_tags: tags ?? [] };
}

function Rate({ outcome }: { outcome: PhaseControlProps["outcome"] }): ReactNode {
	const tried = (outcome?.installed ?? 0) + (outcome?.failed ?? 0);
	if (!outcome || tried === 0) return <p>No device has said yet how it went.</p>;
	const share = Math.round((100 * outcome.failed) / tried);
	return (
		<p className={outcome.failed > 0 ? styles.bad : ""}>
			Of {counted(tried, "device", "devices")} that said how it went, {count(outcome.failed)} failed ({share}%).
		</p>
	);
}

function Modes({ mode, onChange }: { mode: PhaseMode; onChange: (mode: PhaseMode) => void }): ReactNode {
	return (
		<fieldset className={styles.modes}>
			<legend className="visually-hidden">Open to</legend>
			{MODES.map(([each, words]) => (
				<label key={each} className={styles.mode}>
					<input type="radio" name="phase_mode" checked={mode === each} onChange={() => onChange(each)} />
					{words}
				</label>
			))}
		</fieldset>
	);
}

interface AmountProps {
	draft: PhaseDraft;
	devices: number;
	onChange: (given: Partial<PhaseDraft>) => void;
}

function Amount({ draft, devices, onChange }: AmountProps): ReactNode {
	if (draft.mode === "everyone") return null;
	if (draft.mode === "tags") {
		return (
			<TextField
				label="Tags"
				name="phase_tags"
				value={draft.tags}
				onChange={(tags) => onChange({ tags })}
				help="Devices that have at least one of these get it."
				isMono
			/>
		);
	}
	const isShare = draft.mode === "share";
	const value = isShare ? draft.share : draft.number;
	const most = isShare ? 99 : Math.max(2, devices);
	const set = (typed: string): void => {
		const next = Number(typed);
		if (!Number.isNaN(next)) onChange(isShare ? { share: next } : { number: Math.round(next) });
	};
	return (
		<div className={styles.amount}>
			<input
				type="range"
				className={styles.slider}
				aria-label={isShare ? "Share" : "Number of devices"}
				min={isShare ? 0 : 2}
				max={most}
				step={1}
				value={Math.min(value, most)}
				onChange={({ target }) => set(target.value)}
			/>
			<TextField
				label={isShare ? "Per cent" : "Devices"}
				name="phase_value"
				type="number"
				inputMode="numeric"
				value={String(value)}
				onChange={set}
			/>
			<p className={styles.places}>
				{isShare && `${count(placesOf(value / 100, devices))} of ${counted(devices, "device", "devices")}`}
				{!isShare && `of ${counted(devices, "device", "devices")}`}
			</p>
		</div>
	);
}

// A phase while it is edited, and the effect of the change.
import type { Schemas } from "../../api/client";
import { flags } from "../../words/commands";
import { count } from "../../words/counts";
import { isPhased, placesOf } from "../../words/phases";
import { wordsIn } from "../../words/typed";

export type PhaseMode = "everyone" | "share" | "number" | "tags";

export interface PhaseDraft {
	mode: PhaseMode;
	/** Per cent. */
	share: number;
	number: number;
	tags: string;
}

type Limited = Pick<Schemas["Release"], "phase_mode" | "phase_value" | "phase_tags">;

export function draftOf(release: Limited, devices: number): PhaseDraft {
	const value = release.phase_value ?? 1;
	const isTags = release.phase_mode === "tags";
	const mode = isTags ? "tags" : !isPhased(release) ? "everyone" : value > 1 ? "number" : "share";
	return {
		mode,
		share: value <= 1 ? Math.round(value * 1000) / 10 : 10,
		number: value > 1 ? value : Math.max(2, placesOf(value, devices)),
		tags: release.phase_tags.join(" "),
	};
}

export function bodyOf({ mode, share, number, tags }: PhaseDraft): Schemas["ReleaseUpdate"] {
	if (mode === "tags") return { phase_mode: "tags", phase_tags: wordsIn(tags) };
	const value = mode === "everyone" ? 1 : mode === "share" ? share / 100 : number;
	return { phase_mode: "numeric", phase_value: value };
}

export function phaseFlags(draft: PhaseDraft): string {
	const { phase_value: value } = bodyOf(draft);
	if (draft.mode !== "tags") return flags({ phase_mode: "numeric", phase_value: String(value) });
	return ` --phase-mode tags${wordsIn(draft.tags)
		.map((tag) => flags({ phase_tag: tag }))
		.join("")}`;
}

/** How many devices it admits, or `null` if that depends on tags. */
function admitted(body: Schemas["ReleaseUpdate"], devices: number): number | null {
	if (body.phase_mode === "tags") return null;
	const value = body.phase_value ?? 1;
	return value === 1 ? Math.max(devices, 1) : Math.min(placesOf(value, devices), Math.max(devices, 1));
}

export interface PhaseStep {
	isSame: boolean;
	/** Whether it may reach more devices, so that it needs a confirmation. */
	isWider: boolean;
	/** "admits 120 more". */
	words: string;
}

export function stepOf(release: Limited, draft: PhaseDraft, devices: number): PhaseStep {
	const now = {
		phase_mode: release.phase_mode,
		phase_value: release.phase_value ?? null,
		phase_tags: [...release.phase_tags],
	};
	const next = bodyOf(draft);
	const isSame =
		next.phase_mode === now.phase_mode &&
		(next.phase_mode === "tags"
			? next.phase_tags?.join(" ") === now.phase_tags.join(" ")
			: next.phase_value === now.phase_value);
	const [from, to] = [admitted(now, devices), admitted(next, devices)];
	if (from === null || to === null) {
		const words = to === null ? "admits the devices with these tags" : `admits up to ${count(to)}`;
		return { isSame, isWider: !isSame, words };
	}
	const more = to - from;
	const words =
		more > 0 ? `admits ${count(more)} more` : more < 0 ? `has ${count(-more)} places less` : "admits as many";
	return { isSame, isWider: more > 0 || next.phase_value === 1, words };
}

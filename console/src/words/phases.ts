// The phase of a release in words.
import { count } from "./counts";

/** The fields of a release that limit it. */
export interface Phase {
	phase_mode: string;
	phase_value?: number | null | undefined;
	phase_tags: readonly string[];
}

const percents = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

export function isPhased({ phase_mode, phase_value }: Phase): boolean {
	return phase_mode === "tags" || (phase_value !== null && phase_value !== undefined && phase_value !== 1);
}

/** How many of a cohort's devices a share or a number admits, calculated as in `docs/distribution.md`, for the text next to a slider. */
export function placesOf(value: number, devices: number): number {
	if (value > 1) return value;
	if (value <= 0) return 0;
	return Math.max(1, Math.floor(value * devices + 1e-9));
}

/** "10% of 200 devices (20)", "50 devices", "devices with the tag beta", "everyone". */
export function phaseInWords(phase: Phase, devices: number): string {
	if (phase.phase_mode === "tags") {
		const tags = phase.phase_tags.join(", ");
		return phase.phase_tags.length === 1 ? `devices with the tag ${tags}` : `devices with one of the tags ${tags}`;
	}
	const value = phase.phase_value ?? 1;
	if (value === 1) return "everyone";
	if (value > 1) return `${count(value)} of ${count(devices)} devices`;
	return `${percents.format(value)} of ${count(devices)} devices, which are ${count(placesOf(value, devices))}`;
}

/** "Phased 50 of 200", "Phased to beta": for a badge. */
export function phaseInShort(phase: Phase, devices: number): string {
	if (phase.phase_mode === "tags") return `Phased to ${phase.phase_tags.join(", ")}`;
	return `Phased ${count(placesOf(phase.phase_value ?? 1, devices))} of ${count(devices)}`;
}

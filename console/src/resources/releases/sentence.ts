// The state of a release as a sentence, for its page.
import type { Schemas } from "../../api/client";
import { count, counted } from "../../words/counts";
import { isPhased, phaseInWords } from "../../words/phases";
import { isScheduled } from "./state";

function stateOf(release: Schemas["Release"], devices: number): string {
	if (release.archived_at) return "It is in the archive: no device gets it.";
	if (release.disabled) return "It is stopped: no further device gets it.";
	if (release.affected_by.length > 0) return "It can't be delivered: binaries of its bundle are gone.";
	if (isScheduled(release.schedule_date)) return "It is scheduled: no device gets it before that.";
	if (isPhased(release)) return `It is open to ${phaseInWords(release, devices)}.`;
	return release.next_release_prn ? "It is open to all, on the way to a later one." : "It is open to all.";
}

/** "50 of 200 devices have it, 2 failed. It is open to 10% of 200 devices." */
export function sentenceOf(release: Schemas["Release"], adoption: Schemas["Adoption"] | undefined): string {
	const devices = release.cohort?.device_count ?? adoption?.devices ?? 0;
	const state = stateOf(release, devices);
	if (!adoption) return state;
	const have = `${count(adoption.on)} of ${counted(adoption.devices, "device", "devices")} ${adoption.on === 1 ? "has" : "have"} it`;
	const failed = adoption.failed > 0 ? `, ${count(adoption.failed)} failed` : "";
	return `${have}${failed}. ${state}`;
}

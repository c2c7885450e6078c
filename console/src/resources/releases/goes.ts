// What devices on a release get next, in words.
import type { Schemas } from "../../api/client";
import { counted } from "../../words/counts";

/** "Its 12 devices go on to 2.1.0.", and why they do not get a later one. */
export function goesInWords(
	release: Schemas["GraphRelease"],
	names: ReadonlyMap<string, string>,
): { goes: string; held: string | null } {
	const goal = release.goes_to_prn ? (names.get(release.goes_to_prn) ?? "a later release") : null;
	const subject = release.devices === 0 ? "A device here" : `Its ${counted(release.devices, "device", "devices")}`;
	const verb = release.devices > 1 ? ["go", "stay"] : ["goes", "stays"];
	const goes = goal ? `${subject} ${verb[0]} on to ${goal}.` : `${subject} ${verb[1]}.`;
	const isLatest = !release.next_release_prn;
	return {
		goes: isLatest && !goal ? `${subject} ${verb[1]}: it is the latest.` : goes,
		held: release.held_because ?? null,
	};
}

// The state of the dialog for a bulk operation.
import type { Schemas } from "../../api/client";
import { folded, quoted } from "../../words/commands";
import { wordsIn } from "../../words/typed";
import { type Chosen, selectionFlags, selectionOf } from "./chosen";

export type BulkAction = "move" | "tag" | "untag" | "quarantine" | "lift";

export interface BulkDraft {
	action: BulkAction;
	cohortPrn: string;
	tags: readonly string[];
}

/** The typed tags, without duplicates. */
export const tagsOf = (typed: string): string[] => [...new Set(wordsIn(typed))];

/** The request to the server, or `null` while something is missing. */
export function bodyOf({ action, cohortPrn, tags }: BulkDraft, chosen: Chosen): Schemas["BulkOperationCreate"] | null {
	const body = { action, ...selectionOf(chosen), dry_run: false };
	if (action === "move") return cohortPrn ? { ...body, cohort_prn: cohortPrn } : null;
	if (action === "tag" || action === "untag") return tags.length > 0 ? { ...body, tags: [...tags] } : null;
	return body;
}

/** The names of more devices would take too many lines. */
const FEW = 6;

/** The same as a command. */
export function commandOf({ action, tags }: BulkDraft, chosen: Chosen, cohort: string, count?: number): string {
	const to = action === "move" ? ` --to-cohort ${quoted(cohort || "gateway/stable")}` : "";
	const named = tags.length > 0 ? tags : ["beta"];
	const given = action.endsWith("tag") ? named.map((tag) => ` --tag ${quoted(tag)}`).join("") : "";
	const confirmed = count === undefined ? "" : ` --confirm-count ${count}`;
	const command = `peridio devices bulk ${action}${selectionFlags(chosen)}${to}${given}${confirmed} --wait`;
	return chosen.which === "ticked" && chosen.devices.length > FEW ? command : folded(command);
}

interface ActionWords {
	title: string;
	/** The effect on the devices. */
	effect: string;
	/** The label of the button, before "250 devices". */
	verb: string;
}

export const BULK_ACTIONS: Record<BulkAction, ActionWords> = {
	move: {
		title: "Move",
		effect:
			"From then on they get the releases of the other cohort, when they next ask. Devices of another product are refused.",
		verb: "Move",
	},
	tag: {
		title: "Tag",
		effect: "They get these tags besides those that they have. Releases and overrides for these tags then reach them.",
		verb: "Tag",
	},
	untag: {
		title: "Untag",
		effect: "They lose these tags. Releases and overrides for these tags then reach them no more.",
		verb: "Untag",
	},
	quarantine: {
		title: "Quarantine",
		effect: "They get no updates until the quarantine is lifted.",
		verb: "Quarantine",
	},
	lift: { title: "Lift the quarantine", effect: "They get updates again when they next ask.", verb: "Lift it for" },
};

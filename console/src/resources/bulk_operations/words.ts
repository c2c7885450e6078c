// Descriptions of bulk operations.
import { useQuery } from "@tanstack/react-query";
import { count, counted } from "../../words/counts";
import { cohortPath } from "../../words/names";
import { shortPrn } from "../../words/prns";
import { cohortsQuery } from "../cohorts/queries";
import type { BulkOperation } from "./queries";

/** "gateway/stable" for a cohort's PRN. */
export function useCohortName(): (prn: string | null | undefined) => string {
	const { data } = useQuery(cohortsQuery);
	return (prn) => {
		const cohort = data?.cohorts.find((each) => each.prn === prn);
		return cohort ? cohortPath(cohort) : shortPrn(prn ?? "");
	};
}

/** The change of each device: "Tag beta", "Move to gateway/stable". */
export function useDoing(): (operation: BulkOperation) => string {
	const nameOf = useCohortName();
	return ({ action, tags, cohort_prn }) => {
		const named = tags?.join(", ") ?? "";
		if (action === "move") return `Move to ${nameOf(cohort_prn)}`;
		if (action === "tag") return `Tag ${named}`;
		if (action === "untag") return `Untag ${named}`;
		return action === "quarantine" ? "Quarantine" : "Lift the quarantine";
	};
}

/** "250 devices", "more than 10,000 devices". */
export function matchedInWords({ matched, exact }: BulkOperation): string {
	return counted(matched, "device", "devices", exact);
}

/** The progress as a sentence. */
export function sentenceOf(operation: BulkOperation): string {
	const { state, done, changed, unchanged, refused } = operation;
	if (state === "running") return `The server has looked at ${count(done)} of ${matchedInWords(operation)}.`;
	const parts = [`${counted(changed, "device was", "devices were")} changed`];
	if (unchanged > 0) parts.push(`${count(unchanged)} had it already`);
	if (refused > 0) parts.push(`${count(refused)} could not be changed`);
	const rest = parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}.` : `${parts[0]}.`;
	if (state === "cancelled") return `It was cancelled. Until then, ${rest}`;
	return state === "stopped" ? `It could not go on. Until then, ${rest}` : rest;
}

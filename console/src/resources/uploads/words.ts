import { ApiError, Unreachable } from "../../api/errors";
import type { Step, Upload } from "../../upload/uploads";
import { bytes } from "../../words/counts";

/** The progress, from 0 to 1. */
export function shareOf({ step, size }: Upload): number {
	if (step.is === "done" || step.is === "finishing" || step.is === "hashed") return 1;
	return "bytes" in step && size > 0 ? step.bytes / size : 0;
}

const per_cent = new Intl.NumberFormat("en", { style: "percent" });

/** "120 MB of 300 MB, 40%". */
export function amountOf(upload: Upload): string {
	const { step, size } = upload;
	if (!("bytes" in step)) return bytes(size);
	return `${bytes(step.bytes)} of ${bytes(size)}, ${per_cent.format(Math.floor(shareOf(upload) * 100) / 100)}`;
}

/** The problem, in words. */
export function problemOf(step: Step): string | null {
	if (step.is === "sending") return step.trouble;
	if (step.is === "needs_file") return step.problem;
	if (step.is !== "failed") return null;
	const { error } = step;
	return error instanceof ApiError || error instanceof Unreachable || error instanceof Error ? error.message : null;
}

const WORDS: Record<Step["is"], string> = {
	hashing: "Hashing",
	hashed: "Hashed",
	sending: "Uploading",
	paused: "Paused",
	needs_file: "Needs its file",
	elsewhere: "Runs in another tab",
	finishing: "Uploading",
	done: "Uploaded",
	failed: "Failed",
};

export function stepInWords(step: Step): string {
	return step.is === "sending" && step.trouble ? "Waiting" : WORDS[step.is];
}

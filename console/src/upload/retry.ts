// Decides whether and when a request is retried.
import { ApiError, Unreachable } from "../api/errors";
import { SendRefused } from "./worker_client";

const LONGEST = 30_000;
/** How often a part may be refused before the upload fails. If a URL has expired, the next attempt asks for a new one. */
const MOST_REFUSALS = 3;

/** Whether the server or the storage may accept the same request a little later. */
function isPassing(error: unknown): boolean {
	if (error instanceof Unreachable) return true;
	if (error instanceof ApiError || error instanceof SendRefused) {
		return error.status === 0 || error.status === 429 || error.status >= 500;
	}
	return false;
}

function waitBefore(tries: number, error: unknown): number {
	const asked = error instanceof ApiError || error instanceof SendRefused ? error.retryAfter : null;
	if (asked) return asked * 1000;
	return Math.min(LONGEST, 500 * 2 ** Math.min(tries, 8)) * (0.75 + Math.random() / 2);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const stop = (): void => {
			window.clearTimeout(timer);
			reject(signal.reason);
		};
		const timer = window.setTimeout(() => {
			signal.removeEventListener("abort", stop);
			resolve();
		}, ms);
		signal.addEventListener("abort", stop, { once: true });
	});
}

/**
 * Repeats an action until it succeeds, is refused permanently, or is stopped. `onTrouble` gets the reason for waiting, and `null` once it
 * continues.
 */
export async function persistently<T>(
	work: () => Promise<T>,
	signal: AbortSignal,
	onTrouble: (why: string | null, error?: unknown) => void,
): Promise<T> {
	let refusals = 0;
	for (let tries = 0; ; tries += 1) {
		try {
			const result = await work();
			if (tries > 0) onTrouble(null);
			return result;
		} catch (error) {
			if (signal.aborted) throw error;
			if (!isPassing(error)) {
				refusals += 1;
				if (!(error instanceof SendRefused) || refusals >= MOST_REFUSALS) throw error;
			}
			onTrouble(error instanceof Error ? error.message : String(error), error);
			await pause(waitBefore(tries, error), signal);
		}
	}
}

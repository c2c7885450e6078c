// Questions that the server asks during an operation: to sign in again, or to confirm with the password. The open page stays as it is; the
// dialog is shown above it (`routes/demands.tsx`).
import { useSyncExternalStore } from "react";

/** `sign_in`: the session has ended. `confirm`: the session is valid, but the operation needs the password once more. */
export type Demand = "sign_in" | "confirm";

interface Open {
	demand: Demand;
	done: Promise<boolean>;
	settle: (met: boolean) => void;
}

let open: Open | null = null;
const listeners = new Set<() => void>();

function tell(): void {
	for (const listener of listeners) listener();
}

/** Asks a question, and resolves to whether it was answered. Several requests with the same question wait for one answer. */
export function demand(wanted: Demand): Promise<boolean> {
	if (open) return open.done;
	let settle = (_: boolean): void => {};
	const done = new Promise<boolean>((resolve) => {
		settle = resolve;
	});
	open = { demand: wanted, done, settle };
	tell();
	return done;
}

/** Closes the question. */
export function settleDemand(met: boolean): void {
	const settled = open;
	open = null;
	tell();
	settled?.settle(met);
}

export function useDemand(): Demand | null {
	return useSyncExternalStore(
		(listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => open?.demand ?? null,
	);
}

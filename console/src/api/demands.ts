// Questions that the server asks in the middle of something: to sign in anew, or to give the password again. The page that was open stays
// as it is; the dialog for them stands above it (`routes/demands.tsx`).
import { useSyncExternalStore } from "react";

/** `sign_in`: the session ended. `confirm`: it goes on, but what is to be done takes the password once more. */
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

/** Asks, and resolves to whether it was answered. Several who ask for the same wait together. */
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

/** Ends the question. */
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

// The actions of the open page, which the command palette offers besides places.
import { useEffect, useRef, useSyncExternalStore } from "react";

export interface Action {
	words: string;
	onAction: () => void;
}

const offered = new Map<string, Action>();
let list: readonly Action[] = [];
const listeners = new Set<() => void>();

function tell(): void {
	list = [...offered.values()];
	for (const listener of listeners) listener();
}

/** Offers an action in the command palette while the page is open. */
export function useAction(words: string, onAction: () => void, isOffered = true): void {
	const newest = useRef(onAction);
	newest.current = onAction;
	useEffect(() => {
		if (!isOffered) return;
		offered.set(words, { words, onAction: () => newest.current() });
		tell();
		return () => {
			offered.delete(words);
			tell();
		};
	}, [words, isOffered]);
}

export function useActions(): readonly Action[] {
	return useSyncExternalStore(
		(listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => list,
	);
}

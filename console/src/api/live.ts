// Keeps the screen up to date. One tab of the browser follows the event stream and informs the other tabs, because a browser has only six
// connections to a server. The stream only says which record changed; TanStack Query then fetches what is shown, at most once a second.
import { useSyncExternalStore } from "react";
import { parsePrn } from "../words/prns";
import { openStream } from "./client";
import { organizationName } from "./organization";
import { queryClient } from "./queries";
import { readEvents } from "./server_sent";

/** The way in which this page learns of changes. */
export type LiveState =
	| { how: "connecting" }
	/** `at`: when the last message of the stream arrived. */
	| { how: "live"; at: number }
	/** The page asks every ten seconds. `why`: the reason why the stream can't be used. */
	| { how: "polling"; at: number; why: string }
	| { how: "broken"; at: number; why: string };

interface Hint {
	type: string;
	resource_prn: string;
}

type Told =
	| { kind: "hint"; hint: Hint }
	| { kind: "state"; state: LiveState }
	/** A newly opened tab asks for the current state. */
	| { kind: "question" };

/** Frequent events of devices are grouped under this type, by cohort or release, once a second. */
const FOLDED = "changed";
const AT_MOST_EVERY = 1_000;
const FOLDED_AT_MOST_EVERY = 5_000;
const POLL_EVERY = 10_000;
/** Longer than the interval of the server's keep-alive messages, which is 15 seconds. */
const SILENCE = 40_000;

let isLeader = false;
let state: LiveState = { how: "connecting" };
const newRecords = new Map<string, number>();
const listeners = new Set<() => void>();
const name = `olivine-live:${organizationName ?? ""}`;
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);

function changed(): void {
	for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

function setState(next: LiveState): void {
	state = next;
	changed();
}

export function useLiveState(): LiveState {
	return useSyncExternalStore(subscribe, () => state);
}

/**
 * How many records of a kind were created since the list was read, and a function to read it again. They are not inserted into the list
 * while somebody may be using it.
 */
export function useNewer(kind: string): { records: number; onShow: () => void } {
	const records = useSyncExternalStore(subscribe, () => newRecords.get(kind) ?? 0);
	const onShow = (): void => {
		if (newRecords.delete(kind)) changed();
		void queryClient.resetQueries({ queryKey: [kind, "list"] });
	};
	return { records, onShow };
}

// ---- from hints to what is asked again ----

const waiting = new Set<string>();
let foldedAt = 0;
let _timer: number | undefined;

function heed(hint: Hint): void {
	const kind = parsePrn(hint.resource_prn)?.kind;
	if (!kind) return;
	if (hint.type.endsWith(".created") || hint.type.endsWith(".provisioned")) {
		newRecords.set(kind, (newRecords.get(kind) ?? 0) + 1);
	}
	waiting.add(hint.type === FOLDED ? FOLDED : hint.resource_prn);
	_timer ??= window.setTimeout(refresh, AT_MOST_EVERY);
}

function refresh(): void {
	_timer = undefined;
	const prns = new Set(waiting);
	waiting.clear();
	// Once for all new records, because an import creates thousands of them.
	changed();
	if (prns.delete(FOLDED)) {
		if (Date.now() - foldedAt >= FOLDED_AT_MOST_EVERY) {
			foldedAt = Date.now();
			void queryClient.invalidateQueries({ predicate: ({ meta }) => meta?.followsDevices === true });
		} else {
			waiting.add(FOLDED);
			_timer = window.setTimeout(refresh, FOLDED_AT_MOST_EVERY);
		}
	}
	if (prns.size === 0) return;
	const kinds = new Set([...prns].map((prn) => parsePrn(prn)?.kind));
	void queryClient.invalidateQueries({
		predicate: ({ queryKey, meta, state: { data } }) =>
			meta?.followsAll === true || (kinds.has(String(queryKey[0])) && shows(data, prns)),
	});
}

/** Whether an answer contains one of these records. Both can be large, so the answer is searched only once. */
function shows(data: unknown, prns: ReadonlySet<string>): boolean {
	const named = (JSON.stringify(data) ?? "").match(/prn:1:[\w:-]+/g) ?? [];
	return named.some((prn) => prns.has(prn));
}

// ---- the stream, in one tab ----

function tellAll(told: Told): void {
	channel?.postMessage(told);
	receive(told);
}

function receive(told: Told): void {
	if (told.kind === "hint") heed(told.hint);
	else if (told.kind === "state") setState(told.state);
	else if (isLeader) channel?.postMessage({ kind: "state", state } satisfies Told);
}

/** Follows the stream until the connection breaks. */
async function follow(last: string | null, signal: AbortSignal, heard: (id: string | null) => void): Promise<string> {
	const query = new URLSearchParams({ payload: "hint", after: "now" }).toString();
	const response = await openStream(query, last, signal);
	if (response.status === 401) return "the session has ended";
	if (response.status === 403) return "following changes takes the scope event.read";
	if (!response.ok || !response.body) return `the server answered ${response.status}`;
	heard(null);
	for await (const event of readEvents(response.body)) {
		heard(event.id);
		if (event.data && event.type !== "feed_replaced") {
			tellAll({ kind: "hint", hint: JSON.parse(event.data) as Hint });
		}
	}
	return "the server ended the stream";
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => window.setTimeout(resolve, ms));

/** One connection to the stream. It is closed if no message arrives in time. */
async function attempt(last: string | null, heard: (id: string | null) => void): Promise<string> {
	const controller = new AbortController();
	let alarm = window.setTimeout(() => controller.abort(), SILENCE);
	let toldAt = 0;
	try {
		return await follow(last, controller.signal, (id) => {
			window.clearTimeout(alarm);
			alarm = window.setTimeout(() => controller.abort(), SILENCE);
			heard(id);
			// Thousands of events can arrive at once, so the screen is updated only once a second.
			if (Date.now() - toldAt < AT_MOST_EVERY) return;
			toldAt = Date.now();
			tellAll({ kind: "state", state: { how: "live", at: toldAt } });
		});
	} catch {
		return "the server can't be reached";
	} finally {
		window.clearTimeout(alarm);
		controller.abort();
	}
}

async function lead(): Promise<never> {
	isLeader = true;
	let last: string | null = null;
	let failures = 0;
	for (;;) {
		const why = await attempt(last, (id) => {
			if (failures > 0) void queryClient.invalidateQueries();
			failures = 0;
			last = id ?? last;
		});
		failures += 1;
		const at = Date.now();
		tellAll({ kind: "state", state: failures > 2 ? { how: "polling", at, why } : { how: "broken", at, why } });
		if (failures > 2) void queryClient.invalidateQueries({ refetchType: "active" });
		await pause(failures > 2 ? POLL_EVERY : 1_000 * failures);
	}
}

function poll(): void {
	const why = "the stream is shared between tabs, which takes HTTPS";
	setState({ how: "polling", at: Date.now(), why });
	window.setInterval(() => {
		if (document.hidden) return;
		void queryClient.invalidateQueries({ refetchType: "active" });
		setState({ how: "polling", at: Date.now(), why });
	}, POLL_EVERY);
}

let started = false;

/** Starts when somebody is signed in. */
export function startLive(): void {
	if (started) return;
	started = true;
	channel?.addEventListener("message", (message: MessageEvent<Told>) => receive(message.data));
	if (!navigator.locks || !channel) {
		poll();
		return;
	}
	channel.postMessage({ kind: "question" } satisfies Told);
	void navigator.locks.request(name, lead);
}

// Sends the missing parts of a file, several at the same time.
import { answer, api, change, type Schemas } from "../api/client";
import { missingParts, type Part, type Plan, partsOf } from "./plan";
import { persistently } from "./retry";
import { hashFile, sendBytes } from "./worker_client";

/** A browser has six connections to a server, and the event stream uses one of them. */
const AT_ONCE_TO_SERVER = 3;
const AT_ONCE_TO_STORE = 4;

/** The given file is not the one with which the upload was started. */
export class WrongFile extends Error {}

/** The notifications while it is sent. */
export interface Listener {
	onBytes: (bytes: number) => void;
	onTrouble: (why: string | null, error?: unknown) => void;
}

/** The parts that the server has, by index. */
export async function partsThere(prn: string, signal?: AbortSignal): Promise<Map<number, string>> {
	const there = new Map<number, string>();
	let page: string | undefined;
	do {
		const query = { limit: 100, ...(page ? { page } : {}) };
		const list = await answer(
			api.GET("/v1/binaries/{prn}/parts", { params: { path: { prn }, query }, ...(signal ? { signal } : {}) }),
		);
		for (const { index, hash, state } of list.binary_parts) {
			if (state === "valid") there.set(index, hash.replace("sha256:", ""));
		}
		page = list.next_page ?? undefined;
	} while (page);
	return there;
}

/** How many bytes of an upload the server has. */
export function bytesThere(plan: Plan, there: ReadonlyMap<number, string>): number {
	const sizes = partsOf(plan).filter(({ index, hash }) => there.get(index) === hash);
	return sizes.reduce((sum, { size }) => sum + size, 0);
}

/** Refuses a file that differs from the one in the plan: by its size, and by its first part. */
export async function checkFile(plan: Plan, file: File, signal: AbortSignal): Promise<void> {
	const other = new WrongFile(
		`${file.name} is not the file that this upload was begun with: that was ${plan.fileName}, and its content was another one.`,
	);
	if (file.size !== plan.size) throw other;
	const first = file.slice(0, plan.partSize);
	const { whole } = await hashFile({ file: first, partSize: plan.partSize }, signal, () => undefined);
	if (whole !== plan.parts[0]) throw other;
}

async function announce(plan: Plan, part: Part, signal: AbortSignal): Promise<Schemas["UploadTarget"] | null> {
	const { binary_part } = await change(() =>
		api.PUT("/v1/binaries/{prn}/parts/{index}", {
			params: { path: { prn: plan.prn, index: part.index } },
			body: { size: part.size, hash: part.hash, expected_binary_size: plan.size },
			signal,
		}),
	);
	return binary_part.upload ?? null;
}

/** Whether parts go to the server itself, which shares the browser's connections with the pages. */
function isOwn(target: Schemas["UploadTarget"] | null): boolean {
	return target === null || new URL(target.url).origin === window.location.origin;
}

/** Sends all missing parts. If it is stopped, it ends with the signal's reason. */
export async function sendMissing(plan: Plan, file: File, signal: AbortSignal, listener: Listener): Promise<void> {
	const there = await persistently(() => partsThere(plan.prn, signal), signal, listener.onTrouble);
	const waiting = missingParts(plan, there);
	const underway = new Map<number, number>();
	let sent = bytesThere(plan, there);
	const tell = (): void => listener.onBytes(sent + [...underway.values()].reduce((sum, bytes) => sum + bytes, 0));
	tell();
	const first = waiting[0];
	if (!first) return;
	const kind = await persistently(() => announce(plan, first, signal), signal, listener.onTrouble);
	const atOnce = isOwn(kind) ? AT_ONCE_TO_SERVER : AT_ONCE_TO_STORE;

	const sendPart = async (part: Part): Promise<void> => {
		const target = await announce(plan, part, signal);
		if (!target) return;
		const { method, url, headers } = target;
		const bytes = file.slice(part.from, part.from + part.size);
		const order = { bytes, method, url, headers: headers as Record<string, string> };
		await sendBytes(order, signal, (loaded) => {
			underway.set(part.index, Math.min(loaded, part.size));
			tell();
		});
	};

	const lane = async (): Promise<void> => {
		for (let part = waiting.shift(); part; part = waiting.shift()) {
			const next = part;
			await persistently(() => sendPart(next), signal, listener.onTrouble);
			underway.delete(next.index);
			sent += next.size;
			tell();
		}
	};
	await Promise.all(Array.from({ length: atOnce }, lane));
}

/** Completes the upload. The server then verifies the content by itself. */
export async function finish(prn: string): Promise<Schemas["Binary"]> {
	const params = { path: { prn } };
	const { binary } = await change(() => api.PATCH("/v1/binaries/{prn}", { params, body: { state: "hashable" } }));
	return binary;
}

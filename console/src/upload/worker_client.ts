// The worker with promises instead of messages.
import { workerUrl } from "../trusted_types";
import type { Hashes, Order, Report } from "./messages";
import url from "./upload_worker?worker&url";

/** The storage, or the server in its place, did not accept the bytes. */
export class SendRefused extends Error {
	readonly status: number;
	readonly retryAfter: number | null;

	constructor(status: number, message: string, retryAfter: number | null) {
		super(message);
		this.status = status;
		this.retryAfter = retryAfter;
	}
}

/** A storage does not answer this browser at all: it can't be reached, or does not allow pages of this origin. */
export class StoreUnreachable extends SendRefused {
	/** The URL of the bytes, without the signature. */
	readonly address: string;

	constructor({ origin, pathname }: URL) {
		super(0, unreachable(origin), null);
		this.address = origin + pathname;
	}
}

/** The file can't be read any more: it was moved or changed, or its disk is gone. */
export class Unreadable extends Error {}

/** A browser does not say why there was no answer. A storage without a CORS rule looks the same as one that is down. */
function unreachable(origin: string): string {
	const own = window.location.origin;
	return `${origin} can't be reached from this browser. If it is up, it has no rule for pages of ${own}: "Try it" in the storages' settings shows the rule.`;
}

/** The message of the server, or of a store in XML. The browser reports the status 0 if there was no answer. */
function messageIn(text: string, status: number): string {
	if (status === 0) return "the server can't be reached";
	const said = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
	return said ? said.replaceAll('\\"', '"') : `the storage answered ${status}`;
}

let worker: Worker | null = null;
let last = 0;
const jobs = new Map<number, (report: Report) => void>();

function started(): Worker {
	if (worker) return worker;
	worker = new Worker(workerUrl(url), { type: "module", name: "upload" });
	worker.addEventListener("message", ({ data }: MessageEvent<Report>) => jobs.get(data.id)?.(data));
	worker.addEventListener("error", lose);
	return worker;
}

/** After a crash, the next job starts a new worker. */
function lose(): void {
	worker?.terminate();
	worker = null;
	for (const [id, heed] of jobs) heed({ kind: "unreadable", id, text: "the upload's worker can't be started" });
}

type OrderOf<K extends Order["kind"]> = Omit<Extract<Order, { kind: K }>, "id" | "kind">;

function run<R>(
	order: (id: number) => Order,
	signal: AbortSignal,
	onProgress: (bytes: number) => void,
	resultOf: (report: Report) => R | undefined,
): Promise<R> {
	last += 1;
	const id = last;
	return new Promise<R>((resolve, reject) => {
		const stop = (): void => {
			started().postMessage({ kind: "stop", id } satisfies Order);
			end();
			reject(signal.reason);
		};
		const end = (): void => {
			jobs.delete(id);
			signal.removeEventListener("abort", stop);
		};
		if (signal.aborted) return reject(signal.reason);
		signal.addEventListener("abort", stop);
		jobs.set(id, (report) => {
			if (report.kind === "progress") return onProgress(report.bytes);
			end();
			if (report.kind === "unreadable") return reject(new Unreadable(report.text));
			if (report.kind === "refused") {
				const { status, text, retryAfter } = report;
				return reject(new SendRefused(status, messageIn(text, status), retryAfter));
			}
			const result = resultOf(report);
			if (result !== undefined) resolve(result);
		});
		started().postMessage(order(id));
	});
}

/** The hashes of a file and of its parts. */
export function hashFile(
	order: OrderOf<"hash">,
	signal: AbortSignal,
	onProgress: (bytes: number) => void,
): Promise<Hashes> {
	const resultOf = (report: Report) => (report.kind === "hashed" ? report.hashes : undefined);
	return run((id) => ({ kind: "hash", id, ...order }), signal, onProgress, resultOf);
}

/** Sends the bytes of a part. */
export function sendBytes(
	order: OrderOf<"send">,
	signal: AbortSignal,
	onProgress: (bytes: number) => void,
): Promise<true> {
	const resultOf = (report: Report) => (report.kind === "sent" ? (true as const) : undefined);
	return run((id) => ({ kind: "send", id, ...order }), signal, onProgress, resultOf).catch((error: unknown) => {
		const target = new URL(order.url);
		const isSilent = error instanceof SendRefused && error.status === 0;
		throw isSilent && target.origin !== window.location.origin ? new StoreUnreachable(target) : error;
	});
}

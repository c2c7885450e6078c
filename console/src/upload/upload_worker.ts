// The worker that reads, hashes and sends files. Its own policy lets it run WebAssembly and talk to the organization's storages.
import { createSHA256 } from "hash-wasm";
import type { Hashes, Order, Report } from "./messages";

const tell = (report: Report): void => self.postMessage(report);
/** The functions that stop the running jobs. */
const stops = new Map<number, () => void>();

function hex(digest: ArrayBuffer): string {
	return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Calculates the hash of the whole file and those of its parts in one pass. */
async function hash({ id, file, partSize }: Extract<Order, { kind: "hash" }>): Promise<void> {
	let isStopped = false;
	stops.set(id, () => {
		isStopped = true;
	});
	const whole = await createSHA256();
	const hashes: Hashes = { whole: "", parts: [] };
	for (let from = 0; from === 0 || from < file.size; from += partSize) {
		const bytes = await file.slice(from, from + partSize).arrayBuffer();
		if (isStopped) return;
		const part = crypto.subtle.digest("SHA-256", bytes);
		whole.update(new Uint8Array(bytes));
		hashes.parts.push(hex(await part));
		tell({ kind: "progress", id, bytes: Math.min(from + partSize, file.size) });
	}
	hashes.whole = whole.digest();
	tell({ kind: "hashed", id, hashes });
}

/** Sends bytes with `XMLHttpRequest`, because `fetch` does not report the progress. */
function send({ id, bytes, method, url, headers }: Extract<Order, { kind: "send" }>): void {
	const request = new XMLHttpRequest();
	stops.set(id, () => request.abort());
	request.open(method, url);
	for (const [name, value] of Object.entries(headers)) {
		// The browser sets these headers itself, and does not let scripts set them.
		if (!/^(?:host|content-length)$/i.test(name)) request.setRequestHeader(name, value);
	}
	request.upload.onprogress = ({ loaded }) => tell({ kind: "progress", id, bytes: loaded });
	request.onload = () => {
		stops.delete(id);
		if (request.status >= 200 && request.status < 300) return tell({ kind: "sent", id });
		const wait = Number(request.getResponseHeader("retry-after"));
		const text = request.responseText.slice(0, 2_000);
		tell({ kind: "refused", id, status: request.status, text, retryAfter: wait > 0 ? wait : null });
	};
	request.onerror = () => tell({ kind: "refused", id, status: 0, text: "", retryAfter: null });
	request.send(bytes);
}

self.addEventListener("message", ({ data }: MessageEvent<Order>) => {
	if (data.kind === "send") return send(data);
	if (data.kind === "stop") {
		stops.get(data.id)?.();
		stops.delete(data.id);
		return;
	}
	const { id } = data;
	void hash(data)
		.catch((error: unknown) => tell({ kind: "unreadable", id, text: String(error) }))
		.finally(() => stops.delete(id));
});

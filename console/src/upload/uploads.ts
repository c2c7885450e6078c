// All uploads of this browser: those that run in this tab, and those that wait to be resumed. Does not use React.
import { answer, api, change } from "../api/client";
import { isStatus } from "../api/errors";
import { type Plan, partSizeFor } from "./plan";
import { forgetPlan, keepPlan, keptPlans } from "./plans";
import { bytesThere, checkFile, finish, partsThere, sendMissing, WrongFile } from "./sender";
import { hashFile, StoreUnreachable } from "./worker_client";

/** The state of an upload. */
export type Step =
	/** It has no record on the server until its hash is known. */
	| { is: "hashing"; bytes: number }
	| { is: "hashed"; hash: string }
	/** `trouble`: why it is waiting. `store`: the address of a storage that does not answer this browser. */
	| { is: "sending"; bytes: number; trouble: string | null; store: string | null }
	| { is: "paused"; bytes: number }
	/** After a reload, the person must choose the file again. */
	| { is: "needs_file"; bytes: number; problem: string | null }
	/** Another tab of this browser is sending it. */
	| { is: "elsewhere"; bytes: number }
	| { is: "finishing" }
	| { is: "done" }
	| { is: "failed"; error: unknown };

export interface Upload {
	id: string;
	/** The artifact version that it is for. */
	versionPrn: string;
	fileName: string;
	size: number;
	step: Step;
	/** The server's record of it; nothing before it is created. */
	plan: Plan | null;
}

interface Draft {
	file: File;
	handle: FileSystemFileHandle | undefined;
	hashed: Promise<{ whole: string; parts: string[] }>;
}

/** The person's input about a file before it is uploaded. */
export interface Wanted {
	/** `main-firmware/2.0.0`. */
	versionTitle: string;
	target: string;
	description: string;
}

let all: readonly Upload[] = [];
const drafts = new Map<string, Draft>();
const files = new Map<string, File>();
const controllers = new Map<string, AbortController>();
const listeners = new Set<() => void>();

export function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

export function uploads(): readonly Upload[] {
	return all;
}

function set(next: readonly Upload[]): void {
	all = next;
	for (const listener of listeners) listener();
	guard();
}

function update(id: string, changed: Partial<Upload>): void {
	set(all.map((upload) => (upload.id === id ? { ...upload, ...changed } : upload)));
}

const find = (id: string): Upload | undefined => all.find((upload) => upload.id === id);

/** Whether leaving the page would interrupt it. */
export function isRunning({ step }: Upload): boolean {
	return step.is === "sending" || step.is === "finishing";
}

function ask(event: BeforeUnloadEvent): void {
	event.preventDefault();
}

let isGuarded = false;

/** The browser asks before the page is left while an upload is running. */
function guard(): void {
	const isNeeded = all.some(isRunning);
	if (isNeeded === isGuarded) return;
	isGuarded = isNeeded;
	if (isNeeded) window.addEventListener("beforeunload", ask);
	else window.removeEventListener("beforeunload", ask);
}

// ---- before there is a record ----

/** Takes a file and starts to hash it, while the person enters its properties. */
export function prepare(versionPrn: string, file: File, handle?: FileSystemFileHandle): void {
	const id = crypto.randomUUID();
	const controller = new AbortController();
	controllers.set(id, controller);
	set([
		...all,
		{ id, versionPrn, fileName: file.name, size: file.size, step: { is: "hashing", bytes: 0 }, plan: null },
	]);
	const order = { file, partSize: partSizeFor(file.size) };
	const hashed = hashFile(order, controller.signal, (bytes) => update(id, { step: { is: "hashing", bytes } }));
	drafts.set(id, { file, handle, hashed });
	hashed.then(
		({ whole }) => update(id, { step: { is: "hashed", hash: whole } }),
		(error: unknown) => update(id, { step: { is: "failed", error } }),
	);
}

/** Removes an upload from the list. Its data on the server stays. */
export function dismiss(id: string): void {
	controllers.get(id)?.abort(new DOMException("dismissed", "AbortError"));
	controllers.delete(id);
	drafts.delete(id);
	files.delete(id);
	set(all.filter((upload) => upload.id !== id));
}

/** Creates the record of the binary, and starts to send. If the server refuses, nothing is started. */
export async function begin(id: string, wanted: Wanted): Promise<void> {
	const draft = drafts.get(id);
	const versionPrn = find(id)?.versionPrn;
	if (!draft || !versionPrn) return;
	const { whole, parts } = await draft.hashed;
	const { file, handle } = draft;
	const body = {
		artifact_version_prn: versionPrn,
		target: wanted.target,
		hash: whole,
		size: file.size,
		...(wanted.description ? { description: wanted.description } : {}),
	};
	// The id of the draft, so that a repeated request creates the same record.
	const headers = { "idempotency-key": `${id}:${wanted.target}` };
	const { binary } = await change(() => api.POST("/v1/binaries", { body, headers }));
	const plan: Plan = {
		prn: binary.prn,
		versionPrn,
		title: `${wanted.versionTitle}/${wanted.target}`,
		fileName: file.name,
		size: file.size,
		partSize: partSizeFor(file.size),
		parts,
		...(handle ? { handle } : {}),
	};
	drafts.delete(id);
	files.set(id, file);
	await keepPlan(plan);
	update(id, { plan });
	void send(id, plan, file);
}

// ---- sending ----

const lockOf = (plan: Plan): string => `olivine-upload:${plan.prn}`;

/** Sends in this tab, unless another tab does. */
async function send(id: string, plan: Plan, file: File): Promise<void> {
	const controller = new AbortController();
	controllers.set(id, controller);
	await navigator.locks.request(lockOf(plan), { ifAvailable: true }, async (lock) => {
		if (lock) await sendAll(id, plan, file, controller);
		else update(id, { step: { is: "elsewhere", bytes: 0 } });
	});
}

async function sendAll(id: string, plan: Plan, file: File, controller: AbortController): Promise<void> {
	const { signal } = controller;
	let now = { bytes: 0, trouble: null as string | null, store: null as string | null };
	const tell = (changed: Partial<typeof now>): void => {
		now = { ...now, ...changed };
		if (!signal.aborted) update(id, { step: { is: "sending", ...now } });
	};
	const before = find(id)?.step;
	tell({ bytes: before && "bytes" in before ? before.bytes : 0 });
	try {
		await sendMissing(plan, file, signal, {
			onBytes: (bytes) => tell({ bytes }),
			onTrouble: (trouble, error) => tell({ trouble, store: error instanceof StoreUnreachable ? error.address : null }),
		});
		update(id, { step: { is: "finishing" } });
		await finish(plan.prn);
		await forgetPlan(plan.prn);
		files.delete(id);
		update(id, { step: { is: "done" } });
	} catch (error) {
		if (signal.aborted) return;
		controller.abort(error);
		update(id, { step: { is: "failed", error } });
	}
}

export function pauseUpload(id: string): void {
	const step = find(id)?.step;
	if (step?.is !== "sending") return;
	controllers.get(id)?.abort(new DOMException("paused", "AbortError"));
	update(id, { step: { is: "paused", bytes: step.bytes } });
}

/** The file of an upload, if this tab or the browser still has a handle. The browser may ask the person for permission. */
async function fileOf({ id, plan }: Upload): Promise<File | null> {
	const known = files.get(id);
	if (known) return known;
	const handle = plan?.handle as
		| (FileSystemFileHandle & { requestPermission?: (how: { mode: "read" }) => Promise<string> })
		| undefined;
	try {
		if (!handle || (await handle.requestPermission?.({ mode: "read" })) !== "granted") return null;
		return await handle.getFile();
	} catch {
		return null;
	}
}

/** Resumes an upload. Without a handle, the person is asked for the file. */
export async function resumeUpload(id: string): Promise<void> {
	const upload = find(id);
	if (!upload?.plan) return;
	const file = await fileOf(upload);
	const bytes = "bytes" in upload.step ? upload.step.bytes : 0;
	if (file) await resumeWith(id, file);
	else update(id, { step: { is: "needs_file", bytes, problem: null } });
}

/** Resumes an upload with a file that the person chose again. Another file is refused before any byte is sent. */
export async function resumeWith(id: string, file: File): Promise<void> {
	const upload = find(id);
	if (!upload?.plan) return;
	const bytes = "bytes" in upload.step ? upload.step.bytes : 0;
	try {
		await checkFile(upload.plan, file, new AbortController().signal);
	} catch (error) {
		const problem = error instanceof WrongFile ? error.message : `${file.name} can't be read.`;
		return update(id, { step: { is: "needs_file", bytes, problem } });
	}
	files.set(id, file);
	await send(id, upload.plan, file);
}

/** Aborts an upload: the server deletes its data and the binary. */
export async function cancelUpload(id: string): Promise<void> {
	const upload = find(id);
	if (!upload?.plan) return dismiss(id);
	pauseUpload(id);
	const { prn } = upload.plan;
	await change(() => api.DELETE("/v1/binaries/{prn}", { params: { path: { prn } } }));
	await forgetPlan(prn);
	dismiss(id);
}

// ---- after a reload ----

/** The state of an upload that an earlier page started; nothing if it is complete. */
async function recalled(plan: Plan): Promise<Upload | null> {
	const { binary } = await answer(api.GET("/v1/binaries/{prn}", { params: { path: { prn: plan.prn } } }));
	if (binary.state !== "uploadable") return null;
	const bytes = bytesThere(plan, await partsThere(plan.prn));
	const { held } = await navigator.locks.query();
	const isElsewhere = held?.some(({ name }) => name === lockOf(plan)) ?? false;
	const waits: Step = plan.handle ? { is: "paused", bytes } : { is: "needs_file", bytes, problem: null };
	const step: Step = isElsewhere ? { is: "elsewhere", bytes } : waits;
	return { id: plan.prn, versionPrn: plan.versionPrn, fileName: plan.fileName, size: plan.size, step, plan };
}

/** Finds the interrupted uploads of an organization. */
export async function recallUploads(organizationPrn: string): Promise<void> {
	const isKnown = ({ prn }: Plan): boolean => all.some((upload) => upload.plan?.prn === prn);
	for (const plan of await keptPlans()) {
		if (isKnown(plan) || !plan.prn.startsWith(`${organizationPrn}:`)) continue;
		try {
			const upload = await recalled(plan);
			if (!upload) await forgetPlan(plan.prn);
			else if (!isKnown(plan)) set([...all, upload]);
		} catch (error) {
			// If the server can't be asked now, the next page asks again.
			if (isStatus(error, 404)) await forgetPlan(plan.prn);
		}
	}
}

// The stored plans of uploads. They are in IndexedDB, because it can also store handles of files.
import type { Plan } from "./plan";

const STORE = "plans";
let opened: Promise<IDBDatabase> | null = null;

function done<T>(request: IDBRequest<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}

function database(): Promise<IDBDatabase> {
	opened ??= new Promise((resolve, reject) => {
		const request = indexedDB.open("olivine-uploads", 1);
		request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "prn" });
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
	return opened;
}

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
	return (await database()).transaction(STORE, mode).objectStore(STORE);
}

/** Stores a plan. If the browser can't store it, the upload still runs, but ends with the page. */
export async function keepPlan(plan: Plan): Promise<void> {
	try {
		await done((await store("readwrite")).put(plan));
	} catch {
		// Storage is disabled or full.
	}
}

export async function forgetPlan(prn: string): Promise<void> {
	try {
		await done((await store("readwrite")).delete(prn));
	} catch {
		// As above.
	}
}

export async function keptPlans(): Promise<Plan[]> {
	try {
		return (await done((await store("readonly")).getAll())) as Plan[];
	} catch {
		return [];
	}
}

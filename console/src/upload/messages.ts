// What the page and the worker say to each other. The worker knows no API: it reads files, hashes them, and sends bytes to where it is told.

/** To the worker. `id` names the job in all that is said of it. */
export type Order =
	| { kind: "hash"; id: number; file: Blob; partSize: number }
	| { kind: "send"; id: number; bytes: Blob; method: string; url: string; headers: Record<string, string> }
	| { kind: "stop"; id: number };

/** From the worker. */
export type Report =
	| { kind: "progress"; id: number; bytes: number }
	| { kind: "hashed"; id: number; hashes: Hashes }
	| { kind: "sent"; id: number }
	/** `status`: 0 where nothing answered. */
	| { kind: "refused"; id: number; status: number; text: string; retryAfter: number | null }
	| { kind: "unreadable"; id: number; text: string };

/** SHA-256 in hexadecimal digits. */
export interface Hashes {
	whole: string;
	parts: string[];
}

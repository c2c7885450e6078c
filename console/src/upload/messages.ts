// The messages between the page and the worker. The worker does not know the API: it reads files, hashes them, and sends bytes to given
// URLs.

/** Messages to the worker. `id` identifies the job in all messages about it. */
export type Order =
	| { kind: "hash"; id: number; file: Blob; partSize: number }
	| { kind: "send"; id: number; bytes: Blob; method: string; url: string; headers: Record<string, string> }
	| { kind: "stop"; id: number };

/** Messages from the worker. */
export type Report =
	| { kind: "progress"; id: number; bytes: number }
	| { kind: "hashed"; id: number; hashes: Hashes }
	| { kind: "sent"; id: number }
	/** `status`: 0 if there was no answer. */
	| { kind: "refused"; id: number; status: number; text: string; retryAfter: number | null }
	| { kind: "unreadable"; id: number; text: string };

/** SHA-256 in hexadecimal digits. */
export interface Hashes {
	whole: string;
	parts: string[];
}

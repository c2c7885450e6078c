// Records with the revision at which they were read, so that a change does not overwrite somebody else's change.
import { answer } from "./client";

interface Answered<T> {
	data?: T;
	error?: unknown;
	response: Response;
}

/** An answer with its `ETag`. A change sends it as `If-Match`, and is refused with 412 if the record has changed since. */
export async function tagged<T extends object>(request: Promise<Answered<T>>): Promise<T & { etag: string | null }> {
	const answered = await request;
	const data = await answer(Promise.resolve(answered));
	return { ...data, etag: answered.response.headers.get("etag") };
}

/** The header that makes a change depend on a revision. */
export function ifMatch(etag: string | null): Record<string, string> {
	return etag ? { "if-match": etag } : {};
}

// Records with the revision that they were read at, for changes that must not undo what somebody else did.
import { answer } from "./client";

interface Answered<T> {
	data?: T;
	error?: unknown;
	response: Response;
}

/** An answer with its `ETag`. A change sends that as `If-Match`, and is refused with 412 if the record was changed in between. */
export async function tagged<T extends object>(request: Promise<Answered<T>>): Promise<T & { etag: string | null }> {
	const answered = await request;
	const data = await answer(Promise.resolve(answered));
	return { ...data, etag: answered.response.headers.get("etag") };
}

/** The header that makes a change depend on a revision. */
export function ifMatch(etag: string | null): Record<string, string> {
	return etag ? { "if-match": etag } : {};
}

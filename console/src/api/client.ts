// All requests to the Admin API. They are authenticated by the session's cookie, which no script can read, and have the headers that the
// server requires from its own pages.
import createClient from "openapi-fetch";
import { demand } from "./demands";
import { ApiError, isCode, isStatus, Unreachable } from "./errors";
import type { components, paths } from "./generated/schema";
import { organizationName } from "./organization";

/** The shapes of requests and answers, by their names in the API's document. */
export type Schemas = components["schemas"];

const headers: Record<string, string> = { "olivine-console": "1" };
// Browsers treat the text of a header as bytes, and the server reads them as UTF-8.
if (organizationName)
	headers["olivine-organization"] = String.fromCharCode(...new TextEncoder().encode(organizationName));

async function send(request: Request): Promise<Response> {
	try {
		return await fetch(request);
	} catch (cause) {
		if (request.signal.aborted) throw cause;
		throw new Unreachable(cause);
	}
}

export const api = createClient<paths>({
	baseUrl: window.location.origin,
	credentials: "same-origin",
	headers,
	fetch: send,
	querySerializer: { array: { style: "form", explode: true } },
});

interface Answered<T> {
	data?: T;
	error?: unknown;
	response: Response;
}

function itemsOf(error: unknown): Schemas["ErrorItem"][] {
	const items = (error as Partial<Schemas["ErrorBody"]> | undefined)?.errors;
	return Array.isArray(items) ? items : [];
}

/** The answer to a request. A refusal throws an [`ApiError`]. */
export async function answer<T>(request: Promise<Answered<T>>): Promise<T> {
	const { data, error, response } = await request;
	if (!response.ok) throw new ApiError(response, itemsOf(error));
	return data as T;
}

/**
 * Like `answer`, for a change of a record. If the session has ended, or must be confirmed, a dialog above the page asks for that. Then the
 * change continues: nothing that was typed is lost.
 */
export async function change<T>(request: () => Promise<Answered<T>>): Promise<T> {
	try {
		return await answer(request());
	} catch (error) {
		const wanted = isCode(error, "reauthentication_required") ? "confirm" : isStatus(error, 401) ? "sign_in" : null;
		if (!wanted || !(await demand(wanted))) throw error;
		return answer(request());
	}
}

/** The API's OpenAPI document, for data that the pages must not duplicate, such as the types of events. */
export async function readDocument(signal: AbortSignal): Promise<unknown> {
	const response = await send(new Request(`${window.location.origin}/v1/openapi.json`, { headers, signal }));
	if (!response.ok) throw new ApiError(response, []);
	return response.json();
}

/**
 * A stream of server-sent events. It uses `fetch`, because a browser's `EventSource` can't send headers and does not report why it failed.
 */
export function openStream(query: string, lastId: string | null, signal: AbortSignal): Promise<Response> {
	const resume: Record<string, string> = lastId ? { "last-event-id": lastId } : {};
	return fetch(`/v1/events/stream?${query}`, {
		headers: { ...headers, ...resume, accept: "text/event-stream" },
		signal,
		cache: "no-store",
	});
}

// What can go wrong with a request, as the pages need to know it.
import type { components } from "./generated/schema";

type ErrorItem = components["schemas"]["ErrorItem"];
type Facts = Record<string, unknown> | undefined;

/** The server refused. Its own words are shown as they are. */
export class ApiError extends Error {
	readonly status: number;
	readonly items: ErrorItem[];
	readonly requestId: string | null;
	/** In how many seconds it makes sense to try again, where the server says so. */
	readonly retryAfter: number | null;

	constructor(response: Response, items: ErrorItem[]) {
		super(items[0]?.message ?? `the server answered ${response.status} without saying why`);
		this.status = response.status;
		this.items = items;
		this.requestId = response.headers.get("x-request-id");
		const wait = Number(response.headers.get("retry-after"));
		this.retryAfter = wait > 0 ? wait : null;
	}

	get code(): string {
		return this.items[0]?.code ?? "unknown";
	}

	/** What is wrong with single fields, by their names. The field stands beside it, so its name is left out of the message. */
	get fields(): Record<string, string> {
		const fields: Record<string, string> = {};
		for (const { context, message } of this.items) {
			const field = (context as Facts)?.field;
			if (typeof field === "string") fields[field] = message.replace(`${field}: `, "");
		}
		return fields;
	}
}

/** The server did not answer at all. */
export class Unreachable extends Error {
	constructor(cause: unknown) {
		super("The server can't be reached. This page tries again by itself.", { cause });
	}
}

export function isStatus(error: unknown, status: number): error is ApiError {
	return error instanceof ApiError && error.status === status;
}

export function isCode(error: unknown, code: string): error is ApiError {
	return error instanceof ApiError && error.code === code;
}

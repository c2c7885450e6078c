// The errors of a request, in the form that the pages need.
import type { components } from "./generated/schema";

type ErrorItem = components["schemas"]["ErrorItem"];
type Facts = Record<string, unknown> | undefined;

/** The server refused the request. Its message is shown unchanged. */
export class ApiError extends Error {
	readonly status: number;
	readonly items: ErrorItem[];
	readonly requestId: string | null;
	/** After how many seconds a retry makes sense, if the server says so. */
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

	/**
	 * The errors of single fields, by the fields' names. The message does not repeat the field's name, because it is shown next to the
	 * field.
	 */
	get fields(): Record<string, string> {
		const fields: Record<string, string> = {};
		for (const { context, message } of this.items) {
			const field = (context as Facts)?.field;
			if (typeof field === "string") fields[field] = message.replace(`${field}: `, "");
		}
		return fields;
	}
}

/** The server did not answer. */
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

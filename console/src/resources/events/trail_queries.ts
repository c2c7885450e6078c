import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api, readDocument } from "../../api/client";
import { type AuditSearch, eventParameters } from "./search";

const PAGE = 50;

/** The audit trail, the newest first, page by page. It is read once; newer events are announced by a bar. */
export function trailQuery(search: AuditSearch) {
	const parameters = eventParameters(search);
	return infiniteQueryOptions({
		queryKey: ["event", "trail", parameters],
		queryFn: ({ pageParam, signal }) => {
			const query = { limit: PAGE, order: "desc" as const, ...parameters, ...(pageParam ? { page: pageParam } : {}) };
			return answer(api.GET("/v1/events", { params: { query }, signal }));
		},
		initialPageParam: "",
		getNextPageParam: ({ next_page }) => next_page ?? undefined,
		staleTime: Number.POSITIVE_INFINITY,
	});
}

/** The newest events of the same search, to count those that are not shown yet. */
export function newestQuery(search: AuditSearch) {
	const parameters = eventParameters(search);
	return queryOptions({
		queryKey: ["event", "newest", parameters],
		queryFn: ({ signal }) => {
			const query = { limit: PAGE, order: "desc" as const, ...parameters };
			return answer(api.GET("/v1/events", { params: { query }, signal }));
		},
		meta: { followsAll: true, followsDevices: true },
	});
}

interface Parameter {
	name: string;
	schema?: { enum?: string[] };
}

interface EventsDocument {
	paths?: { "/v1/events"?: { get?: { parameters?: Parameter[] } } };
}

/** All types of events, from the API's document. */
export const eventTypesQuery = queryOptions({
	queryKey: ["document", "event_types"],
	queryFn: async ({ signal }) => {
		const document = (await readDocument(signal)) as EventsDocument;
		const parameters = document.paths?.["/v1/events"]?.get?.parameters ?? [];
		return parameters.find(({ name }) => name === "type")?.schema?.enum ?? [];
	},
	staleTime: Number.POSITIVE_INFINITY,
});

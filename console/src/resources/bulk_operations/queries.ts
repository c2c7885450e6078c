import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api, change, type Schemas } from "../../api/client";

export type BulkOperation = Schemas["BulkOperation"];

const PAGE = 50;
/** Events announce each finished batch. This interval is for people who may not follow events. */
const LOOK_EVERY = 2_000;

/** Bulk operations, the newest first. */
export const bulkOperationsQuery = infiniteQueryOptions({
	queryKey: ["bulk_operation", "list"],
	queryFn: ({ pageParam, signal }) =>
		answer(
			api.GET("/v1/bulk_operations", {
				params: { query: { limit: PAGE, order: "desc", ...(pageParam ? { page: pageParam } : {}) } },
				signal,
			}),
		),
	initialPageParam: "",
	getNextPageParam: ({ next_page }) => next_page ?? undefined,
	meta: { followsAll: true },
});

/** The running bulk operations. */
export const runningQuery = queryOptions({
	queryKey: ["bulk_operation", "running"],
	queryFn: async ({ signal }) => {
		const query = { state: "running", limit: 10, order: "desc" } as const;
		return (await answer(api.GET("/v1/bulk_operations", { params: { query }, signal }))).bulk_operations;
	},
	refetchInterval: ({ state: { data } }) => (data && data.length > 0 ? LOOK_EVERY : false),
	meta: { followsAll: true },
});

/** A bulk operation and its progress. */
export function bulkOperationQuery(prn: string) {
	return queryOptions({
		queryKey: ["bulk_operation", "one", prn],
		queryFn: async ({ signal }) =>
			(await answer(api.GET("/v1/bulk_operations/{prn}", { params: { path: { prn } }, signal }))).bulk_operation,
		refetchInterval: ({ state: { data } }) => (data?.state === "running" ? LOOK_EVERY : false),
	});
}

/** How many devices the operation would change, or why it would be refused. Nothing is changed. */
export function planQuery(body: Schemas["BulkOperationCreate"] | null) {
	return queryOptions({
		queryKey: ["plan", "bulk_operation", body],
		queryFn: async () => {
			const tried = { ...(body ?? { action: "" }), dry_run: true };
			const answered = await change(() => api.POST("/v1/bulk_operations", { body: tried }));
			if (!("plan" in answered)) throw new Error("a dry run was answered without a plan");
			return answered.plan;
		},
		enabled: body !== null,
		staleTime: 0,
		gcTime: 0,
		retry: false,
	});
}

/** Starts the operation for the number of devices that the plan counted. */
export async function begin(body: Schemas["BulkOperationCreate"], confirm_count: number): Promise<BulkOperation> {
	const answered = await change(() => api.POST("/v1/bulk_operations", { body: { ...body, confirm_count } }));
	if (!("bulk_operation" in answered)) throw new Error("a bulk operation was answered with a plan");
	return answered.bulk_operation;
}

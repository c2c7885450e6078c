import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { type DevicesSearch, queryOf } from "./search";

/** The first page fills a screen. Further pages are larger, because somebody who scrolls usually wants many. */
const PAGE = 50;
const FURTHER = 100;

/** If more pages are loaded, they are not all fetched again when the window gets the focus. */
const FEW = 10;

function hasFewPages({ state }: { state: { data?: { pages: readonly unknown[] } | undefined } }): boolean {
	return (state.data?.pages.length ?? 0) <= FEW;
}

/** The devices that a search finds, the newest first or by identifier, page by page. */
export function devicesQuery(search: DevicesSearch) {
	const query = queryOf(search);
	return infiniteQueryOptions({
		queryKey: ["device", "list", query ?? "", search.sort ?? ""],
		queryFn: ({ pageParam, signal }) =>
			answer(
				api.GET("/v1/devices", {
					params: {
						query: {
							limit: pageParam ? FURTHER : PAGE,
							...(search.sort ? { sort: search.sort } : { order: "desc" }),
							"expand[]": ["product", "cohort"],
							...(query ? { search: query } : {}),
							...(pageParam ? { page: pageParam } : {}),
						},
					},
					signal,
				}),
			),
		initialPageParam: "",
		getNextPageParam: ({ next_page }) => next_page ?? undefined,
		refetchOnWindowFocus: hasFewPages,
		refetchOnReconnect: hasFewPages,
	});
}

export function deviceCountQuery(search: DevicesSearch) {
	const query = queryOf(search);
	return queryOptions({
		queryKey: ["device", "count", query ?? ""],
		queryFn: ({ signal }) =>
			answer(api.GET("/v1/devices/count", { params: { query: query ? { search: query } : {} }, signal })),
	});
}

/** The device with this identifier and its related records, or `null` if there is none. */
export function deviceQuery(identifier: string) {
	return queryOptions({
		queryKey: ["device", "one", identifier],
		queryFn: async ({ signal }) => {
			const query = { identifier, limit: 1, "expand[]": ["product", "cohort", "last_report"] };
			const { devices } = await answer(api.GET("/v1/devices", { params: { query }, signal }));
			return devices[0] ?? null;
		},
		meta: { followsDevices: true },
	});
}

/** The most common tags of the devices that a search finds, with the number of devices for each. */
export function tagsQuery(search: string) {
	return queryOptions({
		queryKey: ["device", "tags", search],
		queryFn: async ({ signal }) => {
			const query = { by: "tag", ...(search ? { search } : {}) } as const;
			return (await answer(api.GET("/v1/devices/facets", { params: { query }, signal }))).facets;
		},
	});
}

/** A device by its PRN. */
export function deviceByPrnQuery(prn: string) {
	return queryOptions({
		queryKey: ["device", "of_prn", prn],
		queryFn: async ({ signal }) =>
			(await answer(api.GET("/v1/devices/{prn}", { params: { path: { prn } }, signal }))).device,
		staleTime: 60_000,
	});
}

/** What the device would get, and why. Nothing is changed or claimed. */
export function traceQuery(prn: string, version?: string) {
	return queryOptions({
		queryKey: ["device", "trace", prn, version ?? ""],
		queryFn: ({ signal }) =>
			answer(
				api.POST("/v1/devices/{prn}/update", {
					params: { path: { prn } },
					body: { explain: true, write: false, ...(version ? { release_version: version } : {}) },
					signal,
				}),
			),
		meta: { followsAll: true, followsDevices: true },
	});
}

export function certificatesQuery(devicePrn: string) {
	return queryOptions({
		queryKey: ["device_certificate", "of", devicePrn],
		queryFn: ({ signal }) =>
			answer(api.GET("/v1/device_certificates", { params: { query: { device_prn: devicePrn, limit: 20 } }, signal })),
		meta: { followsAll: true },
	});
}

/** A release by its PRN, to show its name. */
export function releaseQuery(prn: string | null | undefined) {
	return queryOptions({
		queryKey: ["release", "one", prn ?? ""],
		queryFn: ({ signal }) => answer(api.GET("/v1/releases/{prn}", { params: { path: { prn: prn ?? "" } }, signal })),
		enabled: Boolean(prn),
		staleTime: 60_000,
	});
}

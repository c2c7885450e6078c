import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

export const overviewQuery = queryOptions({
	queryKey: ["organization", "overview"],
	queryFn: ({ signal }) => answer(api.GET("/v1/overview", { signal })),
	meta: { followsAll: true, followsDevices: true },
});

/** How many devices last reported which version. */
export const versionsQuery = queryOptions({
	queryKey: ["device", "summary"],
	queryFn: ({ signal }) =>
		answer(api.GET("/v1/devices/summary", { params: { query: { "expand[]": ["product"] } }, signal })),
	meta: { followsDevices: true },
});

const first = { limit: 1 } as const;

/** Whether there is any of what brings an update to a device, in the order in which one needs it. */
export const beginningQuery = queryOptions({
	queryKey: ["organization", "beginning"],
	queryFn: async ({ signal }) => {
		const [keys, binaries, signed, cohorts, releases, devices] = await Promise.all([
			answer(api.GET("/v1/signing_keys", { params: { query: first }, signal })),
			answer(api.GET("/v1/binaries", { params: { query: first }, signal })),
			answer(api.GET("/v1/binaries", { params: { query: { ...first, state: "signed" } }, signal })),
			answer(api.GET("/v1/cohorts", { params: { query: first }, signal })),
			answer(api.GET("/v1/releases", { params: { query: first }, signal })),
			answer(api.GET("/v1/devices", { params: { query: first }, signal })),
		]);
		return {
			key: keys.signing_keys.length > 0,
			upload: binaries.binaries.length > 0,
			signature: signed.binaries.length > 0,
			cohort: cohorts.cohorts.length > 0,
			release: releases.releases.length > 0,
			device: devices.devices.length > 0,
		};
	},
	meta: { followsAll: true },
});

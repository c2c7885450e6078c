import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";

export const overviewQuery = queryOptions({
	queryKey: ["organization", "overview"],
	queryFn: ({ signal }) => answer(api.GET("/v1/overview", { signal })),
	meta: { followsAll: true, followsDevices: true },
});

/** The number of devices by reported version. */
export const versionsQuery = queryOptions({
	queryKey: ["device", "summary"],
	queryFn: ({ signal }) =>
		answer(api.GET("/v1/devices/summary", { params: { query: { "expand[]": ["product"] } }, signal })),
	meta: { followsDevices: true },
});

const first = { limit: 1 } as const;
const ofVersion = { "expand[]": ["artifact_version", "artifact_version.artifact"] };

/** The records that are needed to bring an update to a device: one of each kind, or nothing. */
export interface Beginnings {
	signingKey: Schemas["SigningKey"] | undefined;
	binary: Schemas["Binary"] | undefined;
	/** A binary that is not signed yet. */
	signable: Schemas["Binary"] | undefined;
	signed: Schemas["Binary"] | undefined;
	product: Schemas["Product"] | undefined;
	cohort: Schemas["Cohort"] | undefined;
	bundle: Schemas["Bundle"] | undefined;
	release: Schemas["Release"] | undefined;
}

/** The release of an organization that has devices, or `null` if there is none. */
export const firstReleaseQuery = queryOptions({
	queryKey: ["release", "beginnings"],
	queryFn: async ({ signal }) =>
		(await answer(api.GET("/v1/releases", { params: { query: first }, signal }))).releases[0] ?? null,
});

/** Whether there is one of each record that a release needs, and the release. */
export function isReady(there: Beginnings | undefined): boolean {
	return Boolean(there?.signingKey && there.binary && there.signed && there.cohort && there.release);
}

/** Only used while it is shown and until there is one of each kind, because it makes many requests. */
export const beginningsQuery = queryOptions({
	queryKey: ["organization", "beginnings"],
	queryFn: async ({ signal }): Promise<Beginnings> => {
		const binaries = (state?: "signable" | "signed") =>
			answer(
				api.GET("/v1/binaries", { params: { query: { ...first, ...ofVersion, ...(state ? { state } : {}) } }, signal }),
			);
		const query = { query: first };
		const [keys, any, signable, signed, products, cohorts, bundles, releases] = await Promise.all([
			answer(api.GET("/v1/signing_keys", { params: query, signal })),
			binaries(),
			binaries("signable"),
			binaries("signed"),
			answer(api.GET("/v1/products", { params: query, signal })),
			answer(api.GET("/v1/cohorts", { params: { query: { ...first, "expand[]": ["product"] } }, signal })),
			answer(api.GET("/v1/bundles", { params: { query: { ...first, order: "desc" } }, signal })),
			answer(api.GET("/v1/releases", { params: query, signal })),
		]);
		return {
			signingKey: keys.signing_keys[0],
			binary: any.binaries[0],
			signable: signable.binaries[0],
			signed: signed.binaries[0],
			product: products.products[0],
			cohort: cohorts.cohorts[0],
			bundle: bundles.bundles[0],
			release: releases.releases[0],
		};
	},
	meta: { followsAll: true },
});

/** The newest devices. If there are more than a few, it is a fleet, whether the devices have connected or not. */
export const firstDevicesQuery = queryOptions({
	queryKey: ["device", "beginnings"],
	queryFn: async ({ signal }) => {
		const query = { limit: 10, order: "desc" } as const;
		return (await answer(api.GET("/v1/devices", { params: { query }, signal }))).devices;
	},
	meta: { followsAll: true },
});

/** The device that has not connected yet, or that has. */
export function firstDevice(devices: readonly Schemas["Device"][]): Schemas["Device"] | undefined {
	return devices.find(({ last_connected_at: asked }) => asked) ?? devices[0];
}

export function isFleet(devices: readonly Schemas["Device"][]): boolean {
	return devices.length === 10 || devices.some(({ last_connected_at: asked }) => asked);
}

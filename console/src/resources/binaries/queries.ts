import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

const EXPANDED = ["artifact_version", "artifact_version.artifact"];

/** The binaries of an artifact version, including destroyed ones: one for each target, at most 100. */
export function binariesQuery(versionPrn: string) {
	return queryOptions({
		queryKey: ["binary", "of_version", versionPrn],
		queryFn: ({ signal }) => {
			const query = { artifact_version_prn: versionPrn, limit: 100 };
			return answer(api.GET("/v1/binaries", { params: { query }, signal }));
		},
		meta: { followsAll: true },
	});
}

export function binaryQuery(prn: string) {
	return queryOptions({
		queryKey: ["binary", "one", prn],
		queryFn: async ({ signal }) => {
			const params = { path: { prn }, query: { "expand[]": EXPANDED } };
			return (await answer(api.GET("/v1/binaries/{prn}", { params, signal }))).binary;
		},
	});
}

/** Binaries with this content, and their artifacts and versions. */
export function sameContentQuery(hash: string) {
	return queryOptions({
		queryKey: ["binary", "of_hash", hash],
		queryFn: async ({ signal }) => {
			const query = { hash: `sha256:${hash}`, destroyed: false, limit: 3, "expand[]": EXPANDED };
			return (await answer(api.GET("/v1/binaries", { params: { query }, signal }))).binaries;
		},
		staleTime: 60_000,
	});
}

/** The targets of products, as suggestions. */
export const targetsQuery = queryOptions({
	queryKey: ["product", "targets"],
	queryFn: async ({ signal }) => {
		const { products } = await answer(api.GET("/v1/products", { params: { query: { limit: 100 } }, signal }));
		const all = products.flatMap(({ target }) => (target ? [target] : []));
		return [...new Set(all)].sort();
	},
	staleTime: 60_000,
});

export function partsQuery(prn: string) {
	return queryOptions({
		queryKey: ["binary", "parts", prn],
		queryFn: async ({ signal }) => {
			const all = [];
			let page: string | undefined;
			do {
				const query = { limit: 100, ...(page ? { page } : {}) };
				const list = await answer(api.GET("/v1/binaries/{prn}/parts", { params: { path: { prn }, query }, signal }));
				all.push(...list.binary_parts);
				page = list.next_page ?? undefined;
			} while (page);
			return all;
		},
		meta: { followsAll: true },
	});
}

export function replicasQuery(prn: string) {
	return queryOptions({
		queryKey: ["binary", "replicas", prn],
		queryFn: ({ signal }) => answer(api.GET("/v1/binaries/{prn}/replicas", { params: { path: { prn } }, signal })),
		meta: { followsAll: true },
	});
}

export function releasesOfBinaryQuery(prn: string) {
	return queryOptions({
		queryKey: ["release", "of_binary", prn],
		queryFn: ({ signal }) => {
			const query = { limit: 100, archived: "any" as const, "expand[]": ["cohort", "cohort.product", "bundle"] };
			return answer(api.GET("/v1/binaries/{prn}/releases", { params: { path: { prn }, query }, signal }));
		},
		meta: { followsAll: true },
	});
}

/** The effect of destroying the binary. Never cached. */
export function impactQuery(prn: string) {
	return queryOptions({
		queryKey: ["binary", "impact", prn],
		queryFn: ({ signal }) => answer(api.GET("/v1/binaries/{prn}/impact", { params: { path: { prn } }, signal })),
		staleTime: 0,
		gcTime: 0,
		meta: { followsAll: true, followsDevices: true },
	});
}

/** The names of some releases, by their PRNs. */
export function releaseNamesQuery(prns: readonly string[]) {
	return queryOptions({
		queryKey: ["release", "names", prns],
		queryFn: async ({ signal }) => {
			const asked = prns.map((prn) => answer(api.GET("/v1/releases/{prn}", { params: { path: { prn } }, signal })));
			return new Map((await Promise.all(asked)).map(({ release }) => [release.prn, release.name]));
		},
		meta: { followsAll: true },
	});
}

export function downloadsQuery(prn: string) {
	return queryOptions({
		queryKey: ["binary", "downloads", prn],
		queryFn: ({ signal }) => answer(api.GET("/v1/binaries/{prn}/downloads", { params: { path: { prn } }, signal })),
	});
}

/** The first hundred signing keys, for a choice. */
export const signingKeysQuery = queryOptions({
	queryKey: ["signing_key", "list", "choices"],
	queryFn: async ({ signal }) =>
		(await answer(api.GET("/v1/signing_keys", { params: { query: { limit: 100 } }, signal }))).signing_keys,
	meta: { followsAll: true },
});

export const organizationQuery = queryOptions({
	queryKey: ["organization", "policy"],
	queryFn: async ({ signal }) => (await answer(api.GET("/v1/organization", { signal }))).organization,
	meta: { followsAll: true },
});

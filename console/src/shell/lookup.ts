// Finds records for the command palette with the server's `lookup`, and shows the parent of each hit.
import { queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { answer, api, type Schemas } from "../api/client";
import { cohortPath } from "../words/names";
import { parsePrn } from "../words/prns";

/** The shortest text that is looked up, and the longest that the API accepts. */
const SHORTEST = 2;
const LONGEST = 300;
/** How long the lookup waits for more input. */
const PAUSE = 180;

/** The hits by kind, in the order of the navigation. */
const TITLES: Record<string, string> = {
	device: "Devices",
	product: "Products",
	cohort: "Cohorts",
	release: "Releases",
	bundle_override: "Overrides",
	artifact: "Artifacts",
	artifact_version: "Versions",
	binary: "Binaries",
	bundle: "Bundles",
	signing_key: "Signing keys",
	ca_certificate: "CA certificates",
	device_certificate: "Certificates of devices",
};

function lookupQuery(text: string) {
	return queryOptions({
		queryKey: ["lookup", text],
		queryFn: async ({ signal }) =>
			(await answer(api.GET("/v1/lookup", { params: { query: { q: text } }, signal }))).hits,
		enabled: text.length >= SHORTEST && text.length <= LONGEST,
		staleTime: 10_000,
		retry: false,
	});
}

/** The parent of a record, as a path: `gateway/daily` for a release. */
const PARENTS: Record<string, (prn: string, signal: AbortSignal) => Promise<string>> = {
	product: async (prn, signal) =>
		(await answer(api.GET("/v1/products/{prn}", { params: { path: { prn } }, signal }))).product.name,
	cohort: async (prn, signal) => {
		const params = { path: { prn }, query: { "expand[]": ["product"] } };
		const { cohort } = await answer(api.GET("/v1/cohorts/{prn}", { params, signal }));
		return cohortPath(cohort);
	},
	artifact: async (prn, signal) =>
		(await answer(api.GET("/v1/artifacts/{prn}", { params: { path: { prn } }, signal }))).artifact.name,
	artifact_version: async (prn, signal) => {
		const params = { path: { prn }, query: { "expand[]": ["artifact"] } };
		const { artifact_version: version } = await answer(api.GET("/v1/artifact_versions/{prn}", { params, signal }));
		return `${version.artifact?.name}/${version.version}`;
	},
	device: async (prn, signal) =>
		(await answer(api.GET("/v1/devices/{prn}", { params: { path: { prn } }, signal }))).device.identifier,
};

function parentQuery(prn: string) {
	const kind = parsePrn(prn)?.kind ?? "";
	return queryOptions({
		queryKey: [kind, "path", prn],
		queryFn: ({ signal }) => PARENTS[kind]?.(prn, signal) ?? "",
		staleTime: 60_000,
		retry: false,
	});
}

/** A record that was found. */
export interface Found {
	prn: string;
	words: string;
	/** The matching value, if it is not the name. */
	hint: string;
}

const MATCHED: Record<string, string> = {
	prn: "by its PRN",
	hash: "by its hash",
	keyid: "by its key id",
	fingerprint: "by its fingerprint",
};

/** The name of a device is its identifier alone. */
const isWithin = ({ type, within_prn: within }: Schemas["Hit"]): boolean => type !== "device" && Boolean(within);

/** A certificate has no name, only a fingerprint. */
function wordsOf({ type, name, prn }: Schemas["Hit"]): string {
	return (type === "device_certificate" ? name?.slice(0, 16) : name) ?? prn;
}

function useSettled(text: string): string {
	const [settled, setSettled] = useState(text);
	useEffect(() => {
		const timer = window.setTimeout(() => setSettled(text), PAUSE);
		return () => window.clearTimeout(timer);
	}, [text]);
	return settled;
}

/** The hits for a text, by kind. `isWaiting`: more may come. */
export function useLookup(text: string): { groups: { title: string; found: Found[] }[]; isWaiting: boolean } {
	const settled = useSettled(text);
	const { data, isFetching } = useQuery(lookupQuery(settled));
	const hits = text && settled === text ? (data ?? []) : [];
	const parents = [...new Set(hits.filter(isWithin).map(({ within_prn: within }) => within ?? ""))];
	const answers = useQueries({ queries: parents.map(parentQuery) });
	const paths = new Map(parents.map((prn, index) => [prn, answers[index]?.data]));
	const foundOf = (hit: Schemas["Hit"]): Found => {
		const path = isWithin(hit) ? paths.get(hit.within_prn ?? "") : undefined;
		const hint = [MATCHED[hit.matched], hit.archived && "archived"].filter(Boolean).join(", ");
		return { prn: hit.prn, words: path ? `${path}/${wordsOf(hit)}` : wordsOf(hit), hint };
	};
	const groups = Object.entries(TITLES).map(([kind, title]) => ({
		title,
		found: hits.filter(({ type }) => type === kind).map(foundOf),
	}));
	return { groups: groups.filter(({ found }) => found.length > 0), isWaiting: settled !== text || isFetching };
}

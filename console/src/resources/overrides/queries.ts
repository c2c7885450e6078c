import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";

type Override = Schemas["BundleOverride"];

/** The newest hundred overrides with their bundles. */
export const overridesQuery = queryOptions({
	queryKey: ["bundle_override", "list"],
	queryFn: ({ signal }) =>
		answer(
			api.GET("/v1/bundle_overrides", {
				params: { query: { limit: 100, order: "desc", "expand[]": ["bundle"] } },
				signal,
			}),
		),
	meta: { followsAll: true },
});

/** How many devices have at least one of these tags. Exact for one tag; for several tags, at least the number of the most common one. */
export function taggedQuery(tag: string) {
	return queryOptions({
		queryKey: ["device", "count", "tag", tag],
		queryFn: ({ signal }) =>
			answer(
				api.GET("/v1/devices/count", { params: { query: { search: `tag:'${tag.replaceAll("'", "\\'")}'` } }, signal }),
			),
	});
}

export type OverrideTime = "active" | "coming" | "over";

export function timeOf({ starts_at, ends_at }: Override, now: Date): OverrideTime {
	if (ends_at && Date.parse(ends_at) <= now.getTime()) return "over";
	return Date.parse(starts_at) > now.getTime() ? "coming" : "active";
}

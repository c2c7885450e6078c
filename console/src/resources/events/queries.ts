import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

/** The newest events of the organization, without the frequent events of devices. */
export const latestEventsQuery = queryOptions({
	queryKey: ["event", "latest"],
	queryFn: ({ signal }) => answer(api.GET("/v1/events", { params: { query: { limit: 30, order: "desc" } }, signal })),
	meta: { followsAll: true },
});

/** The newest events about a record, or caused by it. */
export function eventsAboutQuery(prn: string, limit: number) {
	return queryOptions({
		queryKey: ["event", "about", prn, limit],
		queryFn: ({ signal }) =>
			answer(api.GET("/v1/events", { params: { query: { about_prn: prn, limit, order: "desc" } }, signal })),
		meta: { followsAll: true, followsDevices: true },
	});
}

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { meQuery } from "../../api/queries";
import { cohortPath } from "../../words/names";

/** The name of what is stopped: the organization, a product or a cohort. */
export function StopName({ stop }: { stop: Schemas["Stop"] }): ReactNode {
	const { data: me } = useQuery(meQuery);
	const product = useQuery({
		queryKey: ["product", "one", stop.product_prn],
		queryFn: ({ signal }) =>
			answer(api.GET("/v1/products/{prn}", { params: { path: { prn: stop.product_prn ?? "" } }, signal })),
		enabled: Boolean(stop.product_prn),
	});
	const cohort = useQuery({
		queryKey: ["cohort", "one", stop.cohort_prn, "with product"],
		queryFn: ({ signal }) =>
			answer(
				api.GET("/v1/cohorts/{prn}", {
					params: { path: { prn: stop.cohort_prn ?? "" }, query: { "expand[]": ["product"] } },
					signal,
				}),
			),
		enabled: Boolean(stop.cohort_prn),
	});
	if (stop.cohort_prn) {
		const named = cohort.data?.cohort;
		return named ? `cohort ${cohortPath(named)}` : "a cohort";
	}
	if (stop.product_prn) return product.data ? `product ${product.data.product.name}` : "a product";
	return me?.user.organization_name ?? "the organization";
}

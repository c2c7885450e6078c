import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { allOf, pagedQuery } from "../../api/pages";

/** The first hundred products, for choices. */
export const productsQuery = queryOptions({
	queryKey: ["product", "list", "choices"],
	queryFn: ({ signal }) => answer(api.GET("/v1/products", { params: { query: { limit: 100 } }, signal })),
	staleTime: 60_000,
});

/** The first hundred cohorts with their products, for choices. */
export const cohortsQuery = queryOptions({
	queryKey: ["cohort", "list", "choices"],
	queryFn: ({ signal }) =>
		answer(api.GET("/v1/cohorts", { params: { query: { limit: 100, "expand[]": ["product"] } }, signal })),
	staleTime: 60_000,
});

/** Products for the page that lists them. */
export function productsPageQuery(archived: "false" | "any") {
	return pagedQuery(["product", "list", "page", archived], (query, signal) =>
		answer(api.GET("/v1/products", { params: { query: { ...query, archived } }, signal })),
	);
}

/** All cohorts, for the page that lists products. */
export function cohortsPageQuery(archived: "false" | "any") {
	return queryOptions({
		queryKey: ["cohort", "list", "page", archived],
		queryFn: ({ signal }) =>
			allOf(
				(query) => answer(api.GET("/v1/cohorts", { params: { query: { ...query, archived } }, signal })),
				({ cohorts }) => cohorts,
			),
		meta: { followsAll: true, followsDevices: true },
	});
}

/** The latest release of a cohort, and the number of devices on it. */
export function graphQuery(cohortPrn: string | undefined) {
	return queryOptions({
		queryKey: ["cohort", "graph", cohortPrn],
		queryFn: ({ signal }) =>
			answer(api.GET("/v1/cohorts/{prn}/graph", { params: { path: { prn: cohortPrn ?? "" } }, signal })),
		enabled: Boolean(cohortPrn),
		meta: { followsAll: true, followsDevices: true },
	});
}

/** A cohort by the names of its product and of itself, or `null` if there is none. */
export function cohortByNamesQuery(product: string, cohort: string) {
	return queryOptions({
		queryKey: ["cohort", "by_names", product, cohort],
		queryFn: async ({ signal }) => {
			const products = await answer(
				api.GET("/v1/products", { params: { query: { name: product, limit: 1, archived: "any" } }, signal }),
			);
			const [found] = products.products;
			if (!found) return null;
			const query = { product_prn: found.prn, name: cohort, limit: 1, archived: "any" as const };
			const { cohorts } = await answer(api.GET("/v1/cohorts", { params: { query }, signal }));
			return cohorts[0] ? { ...cohorts[0], product: found } : null;
		},
		meta: { followsAll: true, followsDevices: true },
	});
}

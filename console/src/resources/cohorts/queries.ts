import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

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

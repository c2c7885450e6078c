import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

export const organizationQuery = queryOptions({
	queryKey: ["organization", "one"],
	queryFn: async ({ signal }) => (await answer(api.GET("/v1/organization", { signal }))).organization,
	meta: { followsAll: true },
});

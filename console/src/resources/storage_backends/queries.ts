import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

export const storagesQuery = queryOptions({
	queryKey: ["storage_backend", "list"],
	queryFn: ({ signal }) => answer(api.GET("/v1/storage_backends", { params: { query: { limit: 100 } }, signal })),
	meta: { followsAll: true },
});

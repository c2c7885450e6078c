import { answer, api } from "../../api/client";
import { pagedQuery, usePaged } from "../../api/pages";

const storagesQuery = pagedQuery(["storage_backend", "list"], (query, signal) =>
	answer(api.GET("/v1/storage_backends", { params: { query }, signal })),
);

export const useStorages = () => usePaged(storagesQuery, ({ storage_backends: storages }) => storages);

import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { allOf } from "../../api/pages";
import { tagged } from "../../api/tagged";
import type { Revision } from "../../ui/edit/use_edit";

export type View = Schemas["View"];

/** The saved views of a page: the person's own and the shared ones. There are at most a few hundred. */
export function viewsQuery(path: string) {
	return queryOptions({
		queryKey: ["view", "list", path],
		queryFn: ({ signal }) =>
			allOf(
				(query) => answer(api.GET("/v1/views", { params: { query: { ...query, search: `path:'${path}'` } }, signal })),
				({ views }) => views,
			),
	});
}

export function viewQuery(prn: string) {
	return queryOptions({
		queryKey: ["view", "one", prn],
		queryFn: ({ signal }) => answer(api.GET("/v1/views/{prn}", { params: { path: { prn } }, signal })),
	});
}

/** The view as the fields of its form. */
export async function readView(prn: string): Promise<Revision> {
	const { view, etag } = await tagged(api.GET("/v1/views/{prn}", { params: { path: { prn } } }));
	return { values: { name: view.name, shared: String(view.shared), query: view.query }, etag };
}

/** The page of the view, which is always a page of this console. */
export function addressOf({ path, query }: View): string {
	return query ? `${path}?${query}` : path;
}

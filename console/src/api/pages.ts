// Lists that are read page by page.
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";

/** The answer of each list of the API. */
interface Page {
	next_page?: string | null;
}

/** The parameters of each page. */
export interface PageQuery {
	limit: number;
	page?: string;
}

/** A list, a hundred records at a time. */
export function pagedQuery<P extends Page>(
	queryKey: readonly unknown[],
	ask: (query: PageQuery, signal: AbortSignal) => Promise<P>,
) {
	return infiniteQueryOptions({
		queryKey,
		queryFn: ({ pageParam, signal }) => ask({ limit: 100, ...(pageParam ? { page: pageParam } : {}) }, signal),
		initialPageParam: "",
		getNextPageParam: ({ next_page }) => next_page ?? undefined,
		meta: { followsAll: true },
	});
}

/** The records read so far, and a function to read more: for `Table` and `RecordRows`. */
export function usePaged<P extends Page, Row>(
	query: ReturnType<typeof pagedQuery<P>>,
	rowsOf: (page: P) => readonly Row[],
) {
	const list = useInfiniteQuery(query);
	return { rows: list.data?.pages.flatMap(rowsOf), error: list.error, pages: list };
}

/** A list that is read page by page as the person scrolls. */
export async function* eachPage<P extends Page>(ask: (query: PageQuery) => Promise<P>): AsyncGenerator<P> {
	let page: string | undefined;
	do {
		const answered = await ask({ limit: 100, ...(page ? { page } : {}) });
		yield answered;
		page = answered.next_page ?? undefined;
	} while (page);
}

/** All records of a list. */
export async function allOf<P extends Page, Row>(
	ask: (query: PageQuery) => Promise<P>,
	rowsOf: (page: P) => readonly Row[],
): Promise<Row[]> {
	const all: Row[] = [];
	for await (const page of eachPage(ask)) all.push(...rowsOf(page));
	return all;
}

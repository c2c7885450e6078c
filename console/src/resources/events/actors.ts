// The names of actors. People who may not see the names of people and keys see the end of the PRN.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { meQuery } from "../../api/queries";
import { kindInWords } from "../../words/kinds";
import { parsePrn, shortPrn } from "../../words/prns";

const most = { limit: 100 } as const;

const usersQuery = queryOptions({
	queryKey: ["user", "names"],
	queryFn: ({ signal }) => answer(api.GET("/v1/users", { params: { query: most }, signal })),
	staleTime: 60_000,
});

const keysQuery = queryOptions({
	queryKey: ["api_key", "names"],
	queryFn: ({ signal }) => answer(api.GET("/v1/api_keys", { params: { query: { ...most, order: "desc" } }, signal })),
	staleTime: 60_000,
});

/** The people and keys that the viewer may see, for a choice: PRNs with names. */
export function useActors(): readonly (readonly [string, string])[] {
	const users = useQuery({ ...usersQuery, enabled: usePermission("users_list").allowed });
	const keys = useQuery({ ...keysQuery, enabled: usePermission("api_keys_list").allowed });
	return [
		...(users.data?.users ?? []).map(({ prn, name }) => [prn, name] as const),
		...(keys.data?.api_keys ?? []).map(({ prn, name }) => [prn, `API key ${name}`] as const),
	];
}

/** The name of an actor. */
export function useActorNames(): (actor: string) => string {
	const { data: me } = useQuery(meQuery);
	const names = new Map(useActors());
	return (actor) => {
		if (me?.user.prn === actor) return me.user.name;
		if (actor === "system") return "The server";
		const kind = parsePrn(actor)?.kind;
		return names.get(actor) ?? (kind ? `${kindInWords(kind)} ${shortPrn(actor)}` : actor);
	};
}

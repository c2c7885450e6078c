// Products and cohorts to which grants can be limited, with their names.
import { useQuery } from "@tanstack/react-query";
import { usePermission } from "../../api/permissions";
import { cohortChoices } from "../../words/names";
import { cohortsQuery, productsQuery } from "../cohorts/queries";

interface Reaches {
	/** PRNs with their names, for choices. */
	choices: readonly (readonly [string, string])[];
	/** Names by PRN: `gateway`, `gateway/daily`. */
	names: ReadonlyMap<string, string>;
}

export function useReaches(): Reaches {
	const products = useQuery({ ...productsQuery, enabled: usePermission("products_list").allowed });
	const cohorts = useQuery({ ...cohortsQuery, enabled: usePermission("cohorts_list").allowed });
	const all = [
		...(products.data?.products ?? []).map(({ prn, name }) => [prn, name, `Product ${name}`] as const),
		...cohortChoices(cohorts.data?.cohorts).map(([prn, path]) => [prn, path, `Cohort ${path}`] as const),
	];
	return {
		choices: all.map(([prn, , words]) => [prn, words] as const),
		names: new Map(all.map(([prn, name]) => [prn, name] as const)),
	};
}

import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Chip } from "../../ui/badge";
import { counted } from "../../words/counts";
import { roleInWords } from "../../words/kinds";
import { shortPrn } from "../../words/prns";
import styles from "./grants.module.css";
import { useReaches } from "./reach";

type Grant = Schemas["Grant"];

/** The names of a few scopes, or the number of many. */
const inWords = (scopes: readonly string[]): string =>
	scopes.length > 3 ? counted(scopes.length, "scope", "scopes") : scopes.join(", ");

/** The permissions of a person or key, with the names of products and cohorts. */
export function Access({ grants }: { grants: readonly Grant[] }): ReactNode {
	const { names } = useReaches();
	const words = ({ role, scopes, product_prns = [], cohort_prns = [] }: Grant): string => {
		const what = role ? roleInWords(role) : inWords(scopes ?? []);
		const where = [...product_prns, ...cohort_prns].map((prn) => names.get(prn) ?? shortPrn(prn));
		if (where.length === 0) return what;
		return `${what} in ${where.slice(0, 2).join(", ")}${where.length > 2 ? ` and ${where.length - 2} more` : ""}`;
	};
	return (
		<span className={styles.grants}>
			{grants.map((grant) => (
				<Chip key={JSON.stringify(grant)}>{words(grant)}</Chip>
			))}
		</span>
	);
}

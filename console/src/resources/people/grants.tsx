import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Chip } from "../../ui/badge";
import { counted } from "../../words/counts";
import { roleInWords } from "../../words/kinds";
import styles from "./grants.module.css";

function reachOf({ product_prns = [], cohort_prns = [] }: Schemas["Grant"]): string {
	const parts = [];
	if (product_prns.length > 0) parts.push(counted(product_prns.length, "product", "products"));
	if (cohort_prns.length > 0) parts.push(counted(cohort_prns.length, "cohort", "cohorts"));
	return parts.length > 0 ? ` in ${parts.join(" and ")}` : "";
}

/** Permissions and their limits. */
export function Grants({ grants }: { grants: readonly Schemas["Grant"][] }): ReactNode {
	return (
		<span className={styles.grants}>
			{grants.map((grant) => {
				const what = grant.role ? roleInWords(grant.role) : counted(grant.scopes?.length ?? 0, "scope", "scopes");
				const words = what + reachOf(grant);
				return <Chip key={JSON.stringify(grant)}>{words}</Chip>;
			})}
		</span>
	);
}

// Grants while they are edited: the permissions of a person or key, and the products and cohorts that they are limited to.
import type { Schemas } from "../../api/client";
import { scopes } from "../../api/generated/scopes";
import { quoted } from "../../words/commands";
import { roleInWords } from "../../words/kinds";

type Grant = Schemas["Grant"];

export interface GrantDraft {
	/** A role, or `scopes` for single ones. */
	role: string;
	scopes: string[];
	isWhole: boolean;
	/** The PRNs of products and cohorts, if the grant is not for the whole organization. */
	reach: string[];
}

export const SINGLE = "scopes";

const ROLES = ["viewer", "support", "developer", "signer", "release_manager", "writer", "admin"];

export const ROLE_CHOICES = ROLES.map((role) => [role, roleInWords(role)] as const);

/** A role, or single scopes. */
export const GRANT_CHOICES = [...ROLE_CHOICES, [SINGLE, "Single scopes"] as const];

/** All scopes that operations of the API need. */
export const ALL_SCOPES: readonly string[] = [...new Set<string>(Object.values(scopes))].sort();

export const newDraft = (): GrantDraft => ({ role: "viewer", scopes: [], isWhole: true, reach: [] });

export function draftOf({ role, scopes: single, product_prns = [], cohort_prns = [] }: Grant): GrantDraft {
	const reach = [...product_prns, ...cohort_prns];
	return { role: role ?? SINGLE, scopes: single ?? [], isWhole: reach.length === 0, reach };
}

const isCohort = (prn: string): boolean => prn.includes(":cohort:");

/** The request body. A limit without products and cohorts is refused here, because the API would take it for the whole organization. */
export function grantOf({ role, scopes: single, isWhole, reach }: GrantDraft): Grant {
	const prns = isWhole ? [] : reach;
	return {
		...(role === SINGLE ? { scopes: single } : { role }),
		product_prns: prns.filter((prn) => !isCohort(prn)),
		cohort_prns: prns.filter(isCohort),
	};
}

/** What is still missing, as a sentence. */
export function missingIn(drafts: readonly GrantDraft[]): string | undefined {
	if (drafts.some(({ isWhole, reach }) => !isWhole && reach.length === 0))
		return "Choose at least one product or cohort.";
	if (drafts.some(({ role, scopes: single }) => role === SINGLE && single.length === 0))
		return "Choose at least one scope.";
	return undefined;
}

type Names = ReadonlyMap<string, string>;

function reachFlags({ isWhole, reach }: GrantDraft, names: Names): string {
	if (isWhole) return "";
	return reach.map((prn) => ` --${isCohort(prn) ? "cohort" : "product"} ${quoted(names.get(prn) ?? prn)}`).join("");
}

/** The options of `peridio`; nothing if one command can't express it, because each grant has its own limits. */
export function flagsOf(drafts: readonly GrantDraft[], names: Names): string | undefined {
	const reaches = new Set(drafts.map((draft) => reachFlags(draft, names)));
	if (reaches.size > 1) return undefined;
	const what = drafts.map(({ role, scopes: single }) =>
		role === SINGLE ? single.map((scope) => ` --scope ${scope}`).join("") : ` --role ${role}`,
	);
	return what.join("") + [...reaches].join("");
}

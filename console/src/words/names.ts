// Names of records that have no single name.
import { shortPrn } from "./prns";

interface Cohort {
	name: string;
	/** Present if the request asked for it. */
	product?: { name: string } | null;
}

/** "gateway/daily". */
export function cohortPath({ name, product }: Cohort): string {
	return `${product?.name ?? ""}/${name}`;
}

/** Cohorts with their paths, for choices. */
export function cohortChoices(cohorts: readonly (Cohort & { prn: string })[] = []): (readonly [string, string])[] {
	return cohorts.map((cohort) => [cohort.prn, cohortPath(cohort)]);
}

/** A bundle may have no name. */
export function bundleName({ prn, name }: { prn: string; name?: string | null }): string {
	return name ?? `bundle ${shortPrn(prn)}`;
}

import { useQueries, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Link } from "../../ui/link";
import { bundleName } from "../../words/names";
import { binariesQuery } from "../binaries/queries";
import styles from "./equal.module.css";
import { bundlesOfVersionQuery, sameBundlesQuery } from "./queries";

type Bundle = Schemas["Bundle"];

/** Whether a bundle contains exactly these binaries, in the order of the versions. */
function hasExactly({ binaries = [] }: Bundle, wanted: readonly (readonly string[])[]): boolean {
	const versions = [...new Set(binaries?.map(({ artifact_version_prn: version }) => version))];
	const own = versions.map((version) =>
		binaries?.filter((each) => each.artifact_version_prn === version).map(({ prn }) => prn),
	);
	return own.length === wanted.length && own.every((prns, at) => isSame(prns ?? [], wanted[at] ?? []));
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
	return some.length === others.length && some.every((each) => others.includes(each));
}

/** Notes that a bundle with the chosen content already exists. */
export function EqualBundle({ versions }: { versions: readonly string[] }): ReactNode {
	const answers = useQueries({ queries: versions.map(binariesQuery) });
	const signed = answers.map(({ data }) => data?.binaries.filter(({ state }) => state === "signed") ?? []);
	const wanted = signed.map((binaries) => binaries.map(({ prn }) => prn)).filter((prns) => prns.length > 0);
	const first = signed.find((binaries) => binaries.length > 0)?.[0]?.artifact_version_prn;
	const { data: bundles } = useQuery({ ...bundlesOfVersionQuery(first ?? ""), enabled: Boolean(first) });
	const isLoaded = answers.every(({ data }) => data);
	const equal = isLoaded ? bundles?.find((bundle) => hasExactly(bundle, wanted)) : undefined;
	if (!equal) return null;
	return (
		<p className={styles.equal} role="status">
			<ToBundle bundle={equal} /> has these binaries in this order already
			{equal.archived_at ? ", and is archived" : ""}. A second bundle of them differs at most in its metadata.
		</p>
	);
}

/** The other bundles with the same hash. */
export function SameBundles({ bundle }: { bundle: Bundle }): ReactNode {
	const { data } = useQuery(sameBundlesQuery(bundle.hash));
	const others = data?.filter(({ prn }) => prn !== bundle.prn) ?? [];
	if (others.length === 0) return null;
	return (
		<p className={styles.equal}>
			The same content has{" "}
			{others.map((other, index) => (
				<span key={other.prn}>
					{index > 0 && ", "}
					<ToBundle bundle={other} />
				</span>
			))}
			.
		</p>
	);
}

function ToBundle({ bundle }: { bundle: Bundle }): ReactNode {
	return (
		<Link to="/bundles/$prn" params={{ prn: bundle.prn }}>
			{bundleName(bundle)}
		</Link>
	);
}

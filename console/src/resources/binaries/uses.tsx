import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge } from "../../ui/badge";
import { ErrorNote } from "../../ui/error_note";
import { Time } from "../../ui/time";
import { shortPrn } from "../../words/prns";
import { releasesOfBinaryQuery, replicasQuery } from "./queries";
import styles from "./uses.module.css";

type Release = Schemas["Release"];

function badgeOf({ archived_at, disabled, required }: Release): ReactNode {
	if (archived_at) return <Badge tone="stopped">archived</Badge>;
	if (disabled) return <Badge tone="stopped">disabled</Badge>;
	return required ? <Badge tone="warn">required</Badge> : null;
}

/** The bundles and releases that deliver the binary. */
export function Releases({ prn }: { prn: string }): ReactNode {
	const { data, error } = useQuery(releasesOfBinaryQuery(prn));
	if (error) return <ErrorNote error={error} />;
	if (!data) return <p aria-busy="true">{"\u00a0"}</p>;
	if (data.releases.length === 0) return <p className={styles.none}>No release delivers it yet.</p>;
	return (
		<ul className={styles.list}>
			{data.releases.map((release) => (
				<li key={release.prn} className={styles.use}>
					<span className={styles.name}>
						{release.name}
						{release.version && <code> {release.version}</code>}
					</span>
					{badgeOf(release)}
					<span className={styles.facts}>
						to {release.cohort?.product?.name}/{release.cohort?.name}, with the bundle{" "}
						{release.bundle?.name ?? shortPrn(release.bundle_prn)}
					</span>
				</li>
			))}
		</ul>
	);
}

/** The replicas of the content. */
export function Replicas({ prn }: { prn: string }): ReactNode {
	const { data, error } = useQuery(replicasQuery(prn));
	if (error) return <ErrorNote error={error} />;
	if (!data) return <p aria-busy="true">{"\u00a0"}</p>;
	if (data.replicas.length === 0) return <p className={styles.none}>There is no further copy of it.</p>;
	return (
		<ul className={styles.list}>
			{data.replicas.map(({ storage_backend_prn: storage, state, error: problem, updated_at }) => (
				<li key={storage ?? ""} className={styles.use}>
					<span className={styles.name}>{storage ? shortPrn(storage) : "The server’s own storage"}</span>
					<Badge tone={problem ? "bad" : state === "complete" ? "good" : "busy"}>{state}</Badge>
					<span className={styles.facts}>
						{problem && `${problem} · `}
						<Time at={updated_at} />
					</span>
				</li>
			))}
		</ul>
	);
}

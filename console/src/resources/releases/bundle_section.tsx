import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge } from "../../ui/badge";
import { Copy } from "../../ui/copy";
import { ErrorNote } from "../../ui/error_note";
import { Link } from "../../ui/link";
import { bytes } from "../../words/counts";
import { bundleQuery } from "../bundles/queries";
import styles from "./bundle_section.module.css";

/** The bundle that devices install, with its binaries in their order. */
export function BundleBinaries({ prn, affected }: { prn: string; affected: readonly string[] }): ReactNode {
	const { data, error } = useQuery(bundleQuery(prn));
	if (error) return <ErrorNote error={error} />;
	return (
		<ol className={styles.binaries} aria-busy={!data}>
			{data?.binaries?.map((binary) => (
				<Binary key={binary.prn} binary={binary} isGone={affected.includes(binary.prn)} />
			))}
		</ol>
	);
}

function Binary({ binary, isGone }: { binary: Schemas["BundleBinary"]; isGone: boolean }): ReactNode {
	const hash = binary.hash.replace(/^sha256:/, "");
	return (
		<li className={styles.binary}>
			<span className={styles.target}>
				<Link to="/prn/$prn" params={{ prn: binary.prn }} look="plain">
					{binary.target}
				</Link>
			</span>
			{isGone || binary.state !== "signed" ? (
				<Badge tone="bad">{binary.state}</Badge>
			) : (
				<Badge tone="good">Signed</Badge>
			)}
			<span className={styles.facts}>
				{binary.size !== null && binary.size !== undefined && <span>{bytes(binary.size)}</span>}
				<code>{hash.slice(0, 12)}…</code>
				<Copy text={binary.hash} label="Copy the hash" />
			</span>
		</li>
	);
}

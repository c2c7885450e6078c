import { useQueries } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge } from "../../ui/badge";
import { Link } from "../../ui/link";
import { Time } from "../../ui/time";
import { binariesQuery } from "../binaries/queries";
import { BinaryState } from "../binaries/state";
import styles from "./matrix.module.css";

type Version = Schemas["ArtifactVersion"];
type Binary = Schemas["Binary"];

interface MatrixProps {
	artifact: string;
	versions: readonly Version[];
}

/** The binary that counts for a target: a destroyed one only if there is no other. */
function binaryFor(binaries: readonly Binary[], target: string): Binary | undefined {
	const all = binaries.filter((binary) => binary.target === target);
	return all.find(({ destroyed }) => !destroyed) ?? all.at(-1);
}

/** Versions × targets, with the state of each binary. */
export function VersionMatrix({ artifact, versions }: MatrixProps): ReactNode {
	const answers = useQueries({ queries: versions.map(({ prn }) => binariesQuery(prn)) });
	const binaries = answers.map(({ data }) => data?.binaries);
	const targets = [...new Set(binaries.flatMap((some) => some?.map(({ target }) => target) ?? []))].sort();
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by keys
		<section className={styles.scroll} tabIndex={0} aria-label="Versions and targets">
			<table className={styles.matrix} aria-label={`Versions of ${artifact}`}>
				<thead>
					<tr>
						<th scope="col">Version</th>
						{targets.map((target) => (
							<th key={target} scope="col">
								<code>{target}</code>
							</th>
						))}
						{targets.length === 0 && <th scope="col">Binaries</th>}
						<th scope="col">Created</th>
					</tr>
				</thead>
				<tbody>
					{versions.map((version, index) => (
						<tr key={version.prn}>
							<th scope="row">
								<Link to="/artifacts/$artifact/$version" params={{ artifact, version: version.version }} look="plain">
									{version.version}
								</Link>
								{version.archived_at && <Badge tone="stopped">archived</Badge>}
							</th>
							{targets.map((target) => (
								<td key={target}>
									<Cell
										binary={binaryFor(binaries[index] ?? [], target)}
										address={{ artifact, version: version.version, target }}
									/>
								</td>
							))}
							{targets.length === 0 && <td className={styles.none}>{binaries[index] ? "none yet" : "\u00a0"}</td>}
							<td>
								<Time at={version.inserted_at} />
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

interface CellProps {
	binary: Binary | undefined;
	address: { artifact: string; version: string; target: string };
}

function Cell({ binary, address }: CellProps): ReactNode {
	if (!binary) return <span className={styles.none}>–</span>;
	return (
		<Link
			to="/artifacts/$artifact/$version/$target"
			params={address}
			look="plain"
			aria-label={labelOf(binary, address)}
		>
			<BinaryState binary={binary} />
		</Link>
	);
}

function labelOf(binary: Binary, { version, target }: CellProps["address"]): string {
	return `${version} for ${target}: ${binary.state}`;
}

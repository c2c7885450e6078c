import type { ReactNode } from "react";
import { Badge } from "../../ui/badge";
import styles from "./coverage.module.css";

/** A version at its place in a bundle, with the targets for which it has a signed binary. */
export interface Ordered {
	prn: string;
	title: string;
	/** The binary for each target. */
	states: ReadonlyMap<string, string>;
}

const EVERY = "portable";

/** What a device of a target gets from a version: the binary for its target, otherwise the portable one. */
function given({ states }: Ordered, target: string): string | undefined {
	return states.get(target) ?? states.get(EVERY);
}

/** All targets for which any of the versions has a binary. */
export function targetsOf(versions: readonly Ordered[]): string[] {
	const all = new Set(versions.flatMap(({ states }) => [...states.keys()]));
	if (all.size > 1) all.delete(EVERY);
	return [...all].sort();
}

/** For each target, what a device would get, in order, and what is missing. */
export function Coverage({ versions }: { versions: readonly Ordered[] }): ReactNode {
	return (
		<ul className={styles.targets}>
			{targetsOf(versions).map((target) => (
				<li key={target} className={styles.target}>
					<h3>
						<code>{target}</code>
					</h3>
					<ol className={styles.gets}>
						{versions.map((version) => {
							const state = given(version, target);
							return (
								<li key={version.prn}>
									<span className={styles.title}>{version.title}</span>
									<Badge tone={state === "signed" ? "good" : state ? "warn" : "none"}>
										{state === "signed" ? "gets it" : state ? `left out: ${state}` : "missing"}
									</Badge>
								</li>
							);
						})}
					</ol>
				</li>
			))}
		</ul>
	);
}

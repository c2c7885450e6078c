import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { Badge } from "../../ui/badge";
import { ErrorNote } from "../../ui/error_note";
import { counted } from "../../words/counts";
import { cohortPath } from "../../words/names";
import { shortPrn } from "../../words/prns";
import styles from "./impact.module.css";
import { impactQuery, releaseNamesQuery, releasesOfBinaryQuery } from "./queries";

type BinaryImpact = Schemas["BinaryImpact"];
type ImpactedRelease = Schemas["ImpactedRelease"];

const named = new Intl.ListFormat("en");
/** The maximum number of names in a sentence. */
const MOST_NAMES = 5;

function namesInWords(names: readonly string[]): string {
	const more = names.length - MOST_NAMES;
	return named.format(more > 0 ? [...names.slice(0, MOST_NAMES), `${more} more`] : names);
}

/** The effect of destroying a binary, as sentences made from the server's answer. */
export function Impact({ prn }: { prn: string }): ReactNode {
	const { data, error } = useQuery(impactQuery(prn));
	if (error) return <ErrorNote error={error} title="What it would do can’t be told" />;
	return (
		<>
			<p>The content is deleted from every storage and can’t be brought back. Its record stays for the audit trail.</p>
			{data ? (
				<Consequences impact={data.impact} />
			) : (
				<p className={styles.loading} aria-busy="true">
					The server counts whom that reaches…
				</p>
			)}
		</>
	);
}

/** "3 releases stop delivering it; 1,240 devices get no update any more." */
function summaryOf({ releases, confirmation_required: isUsed }: BinaryImpact): string {
	if (releases.length === 0) {
		return isUsed
			? "Releases or overrides that you don’t see bring it to devices: they stop."
			: "No release delivers it.";
	}
	const stops = counted(releases.length, "release stops delivering it", "releases stop delivering it");
	const waiting = releases.reduce((all, { waiting_devices }) => all + waiting_devices, 0);
	if (waiting === 0) return `${stops}. No device waits for it now.`;
	return `${stops}: ${counted(waiting, "device that would get it now gets", "devices that would get it now get")} nothing.`;
}

function Consequences({ impact }: { impact: BinaryImpact }): ReactNode {
	const { bundles, releases, bundle_overrides: overrides, archived_release_prns: archived, binary_prn: prn } = impact;
	const bundleNames = bundles.map(({ name, bundle_prn }) => name ?? shortPrn(bundle_prn));
	return (
		<>
			<p>
				<strong>{summaryOf(impact)}</strong>
			</p>
			{releases.length > 0 && <ImpactedReleases prn={prn} releases={releases} />}
			{overrides.length > 0 && (
				<p>
					{counted(overrides.length, "override", "overrides")} can’t bring it to devices any more:{" "}
					{namesInWords(overrides.map(({ name }) => name))}.
				</p>
			)}
			{bundles.length > 0 && (
				<p>
					{counted(bundles.length, "bundle has it, and devices", "bundles have it, and devices")} of its target can’t
					install {bundles.length === 1 ? "that" : "those"} any more: {namesInWords(bundleNames)}.
				</p>
			)}
			{archived.length > 0 && (
				<p className={styles.also}>
					Also in {counted(archived.length, "archived release", "archived releases")}, which no device gets.
				</p>
			)}
			{impact.more && <p className={styles.also}>There is more than the first hundred of each that is shown.</p>}
		</>
	);
}

function useNames(prn: string, releases: readonly ImpactedRelease[]) {
	const isAllowed = usePermission("releases_of_binary").allowed;
	const { data: uses } = useQuery({ ...releasesOfBinaryQuery(prn), enabled: isAllowed });
	const held = [...new Set(releases.flatMap(({ held_release_prns }) => held_release_prns))];
	const { data: later } = useQuery({ ...releaseNamesQuery(held.slice(0, 20)), enabled: held.length > 0 });
	const cohorts = new Map(uses?.releases.map(({ prn: release, cohort }) => [release, cohort && cohortPath(cohort)]));
	return { cohorts, later: later ?? new Map<string, string>() };
}

function ImpactedReleases({ prn, releases }: { prn: string; releases: readonly ImpactedRelease[] }): ReactNode {
	const { cohorts, later } = useNames(prn, releases);
	// The most serious effects come first.
	const sorted = releases.toSorted((one, other) => other.waiting_devices - one.waiting_devices);
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
		<ul className={styles.list} aria-label="Releases that stop" tabIndex={0}>
			{sorted.map((release) => {
				const held = release.held_release_prns.map((each) => later.get(each) ?? shortPrn(each));
				return (
					<li key={release.release_prn} className={styles.each}>
						<p className={styles.name}>
							{release.name}
							<span className={styles.where}>{cohorts.get(release.release_prn)}</span>
							{release.required && <Badge tone="warn">required</Badge>}
						</p>
						<p className={styles.facts}>{devicesInWords(release)}</p>
						{held.length > 0 && (
							<p>
								They can’t go on to {namesInWords(held)} either: {release.name} is required before.
							</p>
						)}
					</li>
				);
			})}
		</ul>
	);
}

/** "40 devices wait for it and get nothing. 2 are on it and keep it." */
function devicesInWords({ devices, waiting_devices: waiting }: ImpactedRelease): string {
	const waits = counted(
		waiting,
		"device would get it now, and gets nothing",
		"devices would get it now, and get nothing",
	);
	const keeps = counted(devices, "device is on it, and keeps it", "devices are on it, and keep it");
	if (waiting === 0 && devices === 0) return "No device is on it, and none would get it now.";
	return [waiting > 0 && `${waits}.`, devices > 0 && `${keeps}.`].filter(Boolean).join(" ");
}

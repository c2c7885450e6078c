import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Chip } from "../../ui/badge";
import { Copy } from "../../ui/copy";
import { Properties } from "../../ui/properties";
import { Time } from "../../ui/time";
import { shortPrn } from "../../words/prns";
import { releaseQuery } from "./queries";
import styles from "./runs.module.css";

function ReleaseName({ prn }: { prn: string | null | undefined }): ReactNode {
	const { data } = useQuery(releaseQuery(prn));
	if (!prn) return null;
	const release = data?.release;
	return release ? `${release.name}${release.version ? ` (${release.version})` : ""}` : <code>{shortPrn(prn)}</code>;
}

function LastReport({ report }: { report: Schemas["LastReport"] | null | undefined }): ReactNode {
	if (!report) return null;
	return (
		<>
			<p>
				{report.outcome.replaceAll("_", " ")} <Time at={report.reported_at} />
			</p>
			{report.detail && <pre className={styles.detail}>{report.detail}</pre>}
		</>
	);
}

/** The properties of a device, and what it last reported. */
export function Runs({ device }: { device: Schemas["Device"] }): ReactNode {
	const rows = {
		Version: <Version device={device} />,
		Release: device.release_prn ? <ReleaseName prn={device.release_prn} /> : null,
		"Last update": device.last_report ? <LastReport report={device.last_report} /> : null,
		"Last contact": device.last_connected_at ? <Time at={device.last_connected_at} /> : "never",
		Product: device.product?.name,
		Cohort: device.cohort?.name ?? "none: no release reaches it",
		Target: device.target ?? device.product?.target,
		Tags: device.tags.length > 0 ? <Tags tags={device.tags} /> : null,
		Notes: device.description,
		PRN: (
			<span className={styles.prn}>
				<code>{shortPrn(device.prn)}</code>
				<Copy text={device.prn} label="Copy the PRN" />
			</span>
		),
	};
	return <Properties rows={rows} />;
}

function Version({ device }: { device: Schemas["Device"] }): ReactNode {
	if (!device.reported_release_version) return "nothing reported yet";
	return (
		<>
			<code>{device.reported_release_version}</code>
			{device.reported_release_version_problem && <p>{device.reported_release_version_problem}</p>}
		</>
	);
}

function Tags({ tags }: { tags: readonly string[] }): ReactNode {
	return (
		<span className={styles.tags}>
			{tags.map((tag) => (
				<Chip key={tag}>{tag}</Chip>
			))}
		</span>
	);
}

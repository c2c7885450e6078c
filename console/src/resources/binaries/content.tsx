import { useMutation, useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { Button } from "../../ui/button";
import { Copy } from "../../ui/copy";
import { Properties } from "../../ui/properties";
import { Time } from "../../ui/time";
import { notify } from "../../ui/toasts";
import { bytes, count, counted } from "../../words/counts";
import { shortPrn } from "../../words/prns";
import styles from "./content.module.css";
import { downloadsQuery } from "./queries";

const DAYS = 7;

function sizeInWords(size: number): string {
	return size < 1000 ? bytes(size) : `${bytes(size)} (${counted(size, "byte", "bytes")})`;
}

/** The content of a binary: its hash and size, its source, and its downloads. */
export function Content({ binary }: { binary: Schemas["Binary"] }): ReactNode {
	const { data: days } = useQuery(downloadsQuery(binary.prn));
	const issued = days?.downloads.reduce((sum, day) => sum + day.issued, 0) ?? 0;
	const latest = days?.downloads.slice(-DAYS).toReversed() ?? [];
	const rows = {
		Size: typeof binary.size === "number" ? sizeInWords(binary.size) : null,
		"SHA-256": (
			<span className={styles.hash}>
				<code>{binary.hash.replace("sha256:", "")}</code>
				<Copy text={binary.hash.replace("sha256:", "")} label="Copy the hash" />
			</span>
		),
		Notes: binary.description,
		Created: <Time at={binary.inserted_at} />,
		Downloads:
			latest.length === 0
				? "none yet"
				: `${counted(issued, "URL was issued", "URLs were issued")} in all; ${latest.map(({ day, issued: n }) => `${day}: ${count(n)}`).join(", ")} (days in UTC)`,
		PRN: (
			<span className={styles.prn}>
				<code>{shortPrn(binary.prn)}</code>
				<Copy text={binary.prn} label="Copy the PRN" />
			</span>
		),
	};
	return (
		<>
			<Properties rows={rows} />
			<DownloadButton binary={binary} />
		</>
	);
}

function DownloadButton({ binary }: { binary: Schemas["Binary"] }): ReactNode {
	const permission = usePermission("binaries_download");
	const download = useMutation({
		mutationFn: () => answer(api.GET("/v1/binaries/{prn}/download", { params: { path: { prn: binary.prn } } })),
		onSuccess: ({ url }) => window.location.assign(url),
		onError: (error) => notify({ tone: "bad", text: error.message }),
	});
	if (binary.state !== "signable" && binary.state !== "signed") return null;
	return (
		<p className={styles.download}>
			<Button permission={permission} isBusy={download.isPending} onPress={() => download.mutate()}>
				<Download size={16} aria-hidden />
				Download
			</Button>
		</p>
	);
}

import { useQuery } from "@tanstack/react-query";
import { CloudUpload } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { meQuery } from "../../api/queries";
import { Button } from "../../ui/button";
import { Link } from "../../ui/link";
import { Progress } from "../../ui/progress";
import { isRunning, pauseUpload, recallUploads, resumeUpload, type Upload } from "../../upload/uploads";
import { counted } from "../../words/counts";
import { useUploads } from "./hooks";
import styles from "./upload_bar.module.css";
import { amountOf, shareOf, stepInWords } from "./words";

/** The unfinished uploads, which are shown on every page. */
function isUnderway({ plan, step }: Upload): boolean {
	return plan !== null && step.is !== "done";
}

function versionOf(upload: Upload): { artifact: string; version: string } {
	const [artifact = "", version = ""] = upload.plan?.title.split("/") ?? [];
	return { artifact, version };
}

/** The running and waiting uploads, above each page. */
export function UploadBar(): ReactNode {
	const { data } = useQuery(meQuery);
	const organization = data?.user.organization_prn;
	useEffect(() => {
		if (organization) void recallUploads(organization);
	}, [organization]);
	const underway = useUploads().filter(isUnderway);
	const [first, ...others] = underway;
	if (!first) return null;
	const { artifact, version } = versionOf(first);
	return (
		<section className={styles.bar} aria-label="Uploads">
			<CloudUpload size={16} aria-hidden />
			<span className={styles.words}>
				<span>{stepInWords(first.step)} </span>
				<Link to="/artifacts/$artifact/$version" params={{ artifact, version }} look="plain">
					{first.plan?.title ?? first.fileName}
				</Link>
				{others.length > 0 && <span> and {counted(others.length, "other", "others")}</span>}
			</span>
			<span className={styles.progress}>
				<Progress label="Running upload" value={shareOf(first)} isQuiet={!isRunning(first)} />
			</span>
			<span className={styles.amount}>{amountOf(first)}</span>
			{first.step.is === "sending" && (
				<Button size="small" aria-label="Pause the upload" onPress={() => pauseUpload(first.id)}>
					Pause
				</Button>
			)}
			{first.step.is === "paused" && (
				<Button size="small" aria-label="Resume the upload" onPress={() => void resumeUpload(first.id)}>
					Resume
				</Button>
			)}
		</section>
	);
}

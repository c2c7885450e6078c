import { Pause, Play, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Badge, type Tone } from "../../ui/badge";
import { Button } from "../../ui/button";
import { FileDrop } from "../../ui/file_drop";
import { Progress } from "../../ui/progress";
import { notify } from "../../ui/toasts";
import {
	cancelUpload,
	dismiss,
	isRunning,
	pauseUpload,
	resumeUpload,
	resumeWith,
	type Step,
	type Upload,
} from "../../upload/uploads";
import styles from "./row.module.css";
import { StoreHelp } from "./store_help";
import { amountOf, problemOf, shareOf, stepInWords } from "./words";

const TONES: Partial<Record<Step["is"], Tone>> = {
	failed: "bad",
	done: "good",
	needs_file: "warn",
	paused: "stopped",
	elsewhere: "plain",
};

/** An upload: its progress, its problem, and the possible actions. */
export function UploadRow({ upload }: { upload: Upload }): ReactNode {
	const { id, step, plan, fileName } = upload;
	const problem = problemOf(step);
	const title = plan?.title ?? fileName;
	return (
		<li className={styles.upload} aria-label={`Upload of ${title}`}>
			<div className={styles.top}>
				<span className={styles.title}>{plan?.title.split("/").at(-1) ?? fileName}</span>
				<Badge tone={TONES[step.is] ?? "busy"}>{stepInWords(step)}</Badge>
				<span className={styles.facts}>
					{fileName} · {amountOf(upload)}
				</span>
				<span className={styles.actions}>
					<Actions upload={upload} />
				</span>
			</div>
			<Progress label={`Uploaded of ${title}`} value={shareOf(upload)} isQuiet={!isRunning(upload)} />
			{problem && (
				<p className={styles.problem} role="alert">
					{problem}
				</p>
			)}
			{step.is === "sending" && step.store && <StoreHelp address={step.store} />}
			{step.is === "needs_file" && (
				<FileDrop label={`${fileName} once more`} onFiles={([given]) => given && void resumeWith(id, given.file)}>
					Drop <strong>{fileName}</strong> here once more, or choose it, to go on where it stopped.
				</FileDrop>
			)}
		</li>
	);
}

function Actions({ upload }: { upload: Upload }): ReactNode {
	const { id, step, fileName } = upload;
	const [isBusy, setIsBusy] = useState(false);
	const cancel = async (): Promise<void> => {
		setIsBusy(true);
		await cancelUpload(id).catch((error: Error) => notify({ tone: "bad", text: error.message }));
		setIsBusy(false);
	};
	if (step.is === "finishing") return null;
	if (step.is === "done") {
		return (
			<Button size="small" look="quiet" aria-label={`Close ${fileName}`} onPress={() => dismiss(id)}>
				<X size={14} aria-hidden />
			</Button>
		);
	}
	const mayResume = step.is === "paused" || step.is === "elsewhere" || step.is === "failed";
	return (
		<>
			{step.is === "sending" && (
				<Button size="small" onPress={() => pauseUpload(id)}>
					<Pause size={14} aria-hidden />
					Pause
				</Button>
			)}
			{mayResume && (
				<Button size="small" onPress={() => void resumeUpload(id)}>
					<Play size={14} aria-hidden />
					Resume
				</Button>
			)}
			<Button size="small" look="quiet" isBusy={isBusy} onPress={() => void cancel()}>
				Give up
			</Button>
		</>
	);
}

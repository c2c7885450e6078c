import { useMutation, useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { Link } from "../../ui/link";
import { Progress } from "../../ui/progress";
import { begin, dismiss, type Upload } from "../../upload/uploads";
import { bytes } from "../../words/counts";
import { sameContentQuery, targetsQuery } from "../binaries/queries";
import styles from "./draft_form.module.css";
import { amountOf, problemOf, shareOf } from "./words";

interface DraftFormProps {
	upload: Upload;
	/** `main-firmware/2.0.0`. */
	versionTitle: string;
	/** The targets for which the version has a binary. */
	taken: readonly string[];
}

/** The target in a file's name; otherwise the only one that is left. */
function suggested(fileName: string, free: readonly string[]): string {
	const named = free.filter((target) => fileName.includes(target));
	return named.sort((one, other) => other.length - one.length)[0] ?? (free.length === 1 ? (free[0] ?? "") : "");
}

/** Asks for the properties of a dropped file while it is hashed. */
export function DraftForm({ upload, versionTitle, taken }: DraftFormProps): ReactNode {
	const { data: known } = useQuery(targetsQuery);
	const free = (known ?? []).filter((target) => !taken.includes(target));
	const [typed, setTyped] = useState<string | null>(null);
	const target = typed ?? suggested(upload.fileName, free);
	const [description, setDescription] = useState("");
	const start = useMutation({
		mutationFn: () => begin(upload.id, { versionTitle: versionTitle, target: target.trim(), description }),
		onSuccess: () => queryClient.invalidateQueries({ queryKey: ["binary"] }),
	});
	return (
		<li className={styles.draft} aria-label={upload.fileName}>
			<div className={styles.head}>
				<h3 className={styles.name}>{upload.fileName}</h3>
				<span className={styles.size}>{bytes(upload.size)}</span>
				<button
					type="button"
					className={styles.close}
					aria-label={`Do not upload ${upload.fileName}`}
					onClick={() => dismiss(upload.id)}
				>
					<X size={16} aria-hidden />
				</button>
			</div>
			<Hashing upload={upload} />
			<Form
				label={`Upload ${upload.fileName}`}
				error={start.error}
				onSubmit={() => start.mutate()}
				actions={
					<Button
						type="submit"
						look="primary"
						isBusy={start.isPending}
						isDisabled={!target.trim() || upload.step.is === "failed"}
					>
						Upload
					</Button>
				}
			>
				<TextField
					label="Target"
					name="target"
					value={target}
					onChange={setTyped}
					// A later suggestion must not overwrite what somebody types.
					onFocus={() => setTyped(target)}
					isMono
					autoComplete="off"
					help={<Targets free={free} onChoose={setTyped} />}
				/>
				<TextField label="Notes" name="description" value={description} onChange={setDescription} autoComplete="off" />
			</Form>
		</li>
	);
}

function Targets({ free, onChoose }: { free: readonly string[]; onChoose: (target: string) => void }): ReactNode {
	return (
		<span className={styles.targets}>
			The hardware that the file is for, or <code>portable</code> for every one.
			{free.slice(0, 6).map((target) => (
				<button key={target} type="button" className={styles.target} onClick={() => onChoose(target)}>
					{target}
				</button>
			))}
		</span>
	);
}

function Hashing({ upload }: { upload: Upload }): ReactNode {
	const { step } = upload;
	const hash = step.is === "hashed" ? step.hash : null;
	const { data: same } = useQuery({ ...sameContentQuery(hash ?? ""), enabled: hash !== null });
	const other = same?.[0];
	const problem = problemOf(step);
	return (
		<div className={styles.hashing}>
			<Progress label={`Hashed of ${upload.fileName}`} value={shareOf(upload)} isQuiet />
			{problem ? (
				<p className={styles.problem}>{problem}</p>
			) : (
				<p className={styles.hash}>
					{hash ? <code>sha256:{hash}</code> : `Hashing in this browser: ${amountOf(upload)}`}
				</p>
			)}
			{other && (
				<p className={styles.same}>
					The same content is there already:{" "}
					<Link to="/prn/$prn" params={{ prn: other.prn }}>
						{other.artifact_version?.artifact?.name}/{other.artifact_version?.version}/{other.target}
					</Link>
					.
				</p>
			)}
		</div>
	);
}

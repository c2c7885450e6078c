import type { ReactNode } from "react";
import { usePermission } from "../../api/permissions";
import { FileDrop } from "../../ui/file_drop";
import { Section } from "../../ui/page";
import { prepare } from "../../upload/uploads";
import { DraftForm } from "./draft_form";
import { useUploads } from "./hooks";
import { UploadRow } from "./row";
import styles from "./section.module.css";

interface UploadSectionProps {
	version: { prn: string; title: string };
	taken: readonly string[];
}

/** The uploads of an artifact version: a place to drop files, and the progress of each. */
export function UploadSection({ version, taken }: UploadSectionProps): ReactNode {
	const all = useUploads();
	const permission = usePermission("binaries_create");
	const drafts = all.filter(({ plan, versionPrn }) => plan === null && versionPrn === version.prn);
	const begun = all.filter(({ plan }) => plan?.versionPrn === version.prn);
	return (
		<Section
			title="Upload"
			hint="A file for each target. The server verifies it against the hash that this browser makes."
			isFlush
		>
			<div className={styles.drop}>
				{permission.allowed ? (
					<FileDrop
						label="Firmware files"
						isMultiple
						onFiles={(files) => {
							for (const { file, handle } of files) prepare(version.prn, file, handle);
						}}
					>
						Drop files here, or choose them
					</FileDrop>
				) : (
					<p>{permission.reason}</p>
				)}
				{drafts.length > 0 && (
					<ul className={styles.drafts}>
						{drafts.map((upload) => (
							<DraftForm key={upload.id} upload={upload} versionTitle={version.title} taken={taken} />
						))}
					</ul>
				)}
			</div>
			{begun.length > 0 && (
				<ul className={styles.begun}>
					{begun.map((upload) => (
						<UploadRow key={upload.id} upload={upload} />
					))}
				</ul>
			)}
		</Section>
	);
}

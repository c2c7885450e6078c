import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge } from "../../ui/badge";
import { Command } from "../../ui/copy";
import styles from "./check_result.module.css";
import { corsCommand, placeOfStorage } from "./cors";

interface CheckResultProps {
	check: Schemas["StorageBackendCheck"];
	storage: Schemas["StorageBackend"];
}

/** The result of testing a storage: whether the server can use it, and whether browsers can. */
export function CheckResult({ check, storage }: CheckResultProps): ReactNode {
	const { label, text } = corsCommand(placeOfStorage(storage.url, storage.endpoint), check.origin);
	return (
		<div className={styles.result} role="status">
			<p className={styles.line}>
				<Badge tone={check.works ? "good" : "bad"}>{check.works ? "It works" : `${check.failed_step} failed`}</Badge>
				{check.works ? "Writing, reading, listing and deleting." : check.problem}
				{check.missing_permission && <code>{check.missing_permission}</code>}
			</p>
			{check.allows_browsers !== null && check.allows_browsers !== undefined && (
				<p className={styles.line}>
					<Badge tone={check.allows_browsers ? "good" : "warn"}>
						{check.allows_browsers ? "Browsers may upload" : "Browsers can't upload"}
					</Badge>
					{check.cors_problem ?? `From pages of ${check.origin}.`}
				</p>
			)}
			{check.allows_browsers === false && <Command label={label} text={text} />}
		</div>
	);
}

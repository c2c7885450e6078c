import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge } from "../../ui/badge";
import { Command } from "../../ui/copy";
import styles from "./check_result.module.css";

interface CheckResultProps {
	check: Schemas["StorageBackendCheck"];
	url: string;
}

/** The rule that a storage lacks, as its own tool takes it. */
function corsRule(url: string, origin: string): readonly [string, string] {
	if (url.startsWith("gs://")) {
		const rule = [{ origin: [origin], method: ["PUT"], responseHeader: ["*"], maxAgeSeconds: 3600 }];
		return ["cors.json, for gcloud storage buckets update --cors-file", JSON.stringify(rule, null, 2)];
	}
	if (url.startsWith("az://")) {
		const line = `az storage cors add --services b --methods PUT --origins ${origin} --allowed-headers '*' --max-age 3600`;
		return ["With Azure's command", line];
	}
	const rule = { CORSRules: [{ AllowedOrigins: [origin], AllowedMethods: ["PUT"], AllowedHeaders: ["*"] }] };
	return ["cors.json, for aws s3api put-bucket-cors", JSON.stringify(rule, null, 2)];
}

/** What trying a storage found out: whether the server can work with it, and whether browsers can. */
export function CheckResult({ check, url }: CheckResultProps): ReactNode {
	const [label, rule] = corsRule(url, check.origin);
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
			{check.allows_browsers === false && <Command label={label} text={rule} />}
		</div>
	);
}

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Badge } from "../../ui/badge";
import { Copy } from "../../ui/copy";
import { ErrorNote } from "../../ui/error_note";
import { Time, useNow } from "../../ui/time";
import styles from "./certificates.module.css";
import { certificatesQuery } from "./queries";

const MONTH = 30 * 86_400_000;

/** The certificates of a device, with their expiry. */
export function DeviceCertificates({ devicePrn }: { devicePrn: string }): ReactNode {
	const { data, error } = useQuery(certificatesQuery(devicePrn));
	const now = useNow().getTime();
	if (error) return <ErrorNote error={error} />;
	if (!data) return <p aria-busy="true">{"\u00a0"}</p>;
	if (data.device_certificates.length === 0) return <p>None, so it can't connect yet.</p>;
	return (
		<ul className={styles.list}>
			{data.device_certificates.map(({ prn, subject, fingerprint, not_after }) => {
				const left = not_after ? Date.parse(not_after) - now : Number.POSITIVE_INFINITY;
				return (
					<li key={prn} className={styles.certificate}>
						<span className={styles.subject}>{subject}</span>
						{left < MONTH && <Badge tone={left < 0 ? "bad" : "warn"}>{left < 0 ? "Has ended" : "Ends soon"}</Badge>}
						<span className={styles.facts}>
							ends {not_after ? <Time at={not_after} /> : "never"} · <code>{fingerprint.slice(0, 12)}…</code>
							<Copy text={fingerprint} label="Copy the fingerprint" />
						</span>
					</li>
				);
			})}
		</ul>
	);
}

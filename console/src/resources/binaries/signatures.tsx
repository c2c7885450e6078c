import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { Badge } from "../../ui/badge";
import { Copy } from "../../ui/copy";
import { Time } from "../../ui/time";
import { counted } from "../../words/counts";
import { organizationQuery, signingKeysQuery } from "./queries";
import styles from "./signatures.module.css";

/** The signatures of a binary, whether their keys are trusted, and the signatures that the organization's policy still requires. */
export function Signatures({ binary }: { binary: Schemas["Binary"] }): ReactNode {
	const mayReadKeys = usePermission("signing_keys_list").allowed;
	const { data: keys } = useQuery({ ...signingKeysQuery, enabled: mayReadKeys });
	const { data: organization } = useQuery(organizationQuery);
	const nameOf = (prn: string): string => keys?.find((key) => key.prn === prn)?.name ?? "a key";
	const needed = organization?.required_signatures ?? 1;
	const valid = new Set(binary.signatures.filter((each) => each.valid).map(({ keyid }) => keyid)).size;
	const lacks = needed - valid;
	return (
		<>
			<p className={styles.policy}>
				{lacks > 0
					? `${valid} of ${counted(needed, "signature", "signatures")}. ${lacks === 1 ? "A further key is" : `${lacks} further keys are`} still needed.`
					: `${valid} of ${counted(needed, "signature", "signatures")}: enough for a release.`}
			</p>
			<ul className={styles.list}>
				{binary.signatures.map(({ prn, signing_key_prn, keyid, scheme, valid, inserted_at }) => (
					<li key={prn} className={styles.signature}>
						<span className={styles.name}>{nameOf(signing_key_prn)}</span>
						<Badge tone={valid ? "good" : "bad"}>{valid ? "trusted" : "no longer trusted"}</Badge>
						<span className={styles.facts}>
							{scheme} · <code>{keyid.slice(0, 12)}…</code>
							<Copy text={keyid} label={`Copy the key id of ${nameOf(signing_key_prn)}`} /> · <Time at={inserted_at} />
						</span>
					</li>
				))}
			</ul>
		</>
	);
}

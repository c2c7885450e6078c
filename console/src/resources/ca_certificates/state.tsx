import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge } from "../../ui/badge";
import { useNow } from "../../ui/time";

const MONTH = 30 * 86_400_000;

/** Whether new devices of this CA are registered, and if not, why. */
export function CaState({ ca }: { ca: Schemas["CaCertificate"] }): ReactNode {
	const left = Date.parse(ca.not_after) - useNow().getTime();
	if (left < 0) return <Badge tone="bad">Has ended</Badge>;
	if (ca.warnings?.length) return <Badge tone="warn">Has a flaw</Badge>;
	if (left < MONTH) return <Badge tone="warn">Ends soon</Badge>;
	return ca.jitp ? <Badge tone="good">Provisions</Badge> : <Badge tone="none">Known devices only</Badge>;
}

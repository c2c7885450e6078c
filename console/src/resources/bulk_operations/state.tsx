import type { ReactNode } from "react";
import { Badge, type Tone } from "../../ui/badge";
import type { BulkOperation } from "./queries";

const STATES: Record<string, readonly [Tone, string]> = {
	running: ["busy", "Running"],
	finished: ["good", "Finished"],
	cancelled: ["stopped", "Cancelled"],
	stopped: ["bad", "Stopped"],
};

/** The state of a bulk operation. */
export function BulkState({ operation: { state, refused } }: { operation: BulkOperation }): ReactNode {
	const [tone, words] = STATES[state] ?? ["plain", state];
	return <Badge tone={state === "finished" && refused > 0 ? "warn" : tone}>{words}</Badge>;
}

import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge, type Tone } from "../../ui/badge";

const STATES: Record<string, Tone> = {
	uploadable: "none",
	hashable: "busy",
	hashing: "busy",
	signable: "warn",
	signed: "good",
	destroyed: "stopped",
};

/** Whether its last verification failed, and nobody has decided how to continue. */
export function hasFailed({ verification_error, state }: Schemas["Binary"]): boolean {
	return Boolean(verification_error) && (state === "hashable" || state === "uploadable");
}

/** A binary's state, in the API's word. */
export function BinaryState({ binary }: { binary: Schemas["Binary"] }): ReactNode {
	if (hasFailed(binary)) return <Badge tone="bad">not verified</Badge>;
	return <Badge tone={STATES[binary.state] ?? "plain"}>{binary.state}</Badge>;
}

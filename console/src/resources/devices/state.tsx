import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Badge, type Tone } from "../../ui/badge";

const OUTCOMES: Record<string, readonly [Tone, string]> = {
	downloading: ["busy", "Downloading"],
	installing: ["busy", "Installing"],
	installed: ["good", "Installed"],
	failed: ["bad", "Failed"],
	rolled_back: ["warn", "Rolled back"],
};

/** The outcome of the device's last update, or that it gets no updates. */
export function DeviceState({ device }: { device: Schemas["Device"] }): ReactNode {
	if (device.quarantined) return <Badge tone="stopped">Quarantine</Badge>;
	const known = device.outcome ? OUTCOMES[device.outcome] : undefined;
	if (known) return <Badge tone={known[0]}>{known[1]}</Badge>;
	return <Badge tone="none">{device.last_connected_at ? "No update yet" : "Never seen"}</Badge>;
}

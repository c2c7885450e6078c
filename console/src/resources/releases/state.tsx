import type { ReactNode } from "react";
import { Badge, Chip } from "../../ui/badge";
import { Time } from "../../ui/time";
import { counted } from "../../words/counts";
import { isPhased, type Phase, phaseInShort } from "../../words/phases";

/** The reasons why devices do not get a release. */
interface Limited extends Phase {
	disabled: boolean;
	schedule_date?: string | null | undefined;
	affected_by: readonly string[];
	archived_at?: string | null | undefined;
}

export function isScheduled(date: string | null | undefined): boolean {
	return Boolean(date) && Date.parse(date ?? "") > Date.now();
}

/** The most important limit of a release, or that there is none. */
export function LimitBadge({ release, devices }: { release: Limited; devices: number }): ReactNode {
	if (release.archived_at) return <Badge tone="none">Archived</Badge>;
	if (release.disabled) return <Badge tone="stopped">Stopped</Badge>;
	if (release.affected_by.length > 0) return <Badge tone="bad">Can't be delivered</Badge>;
	if (isScheduled(release.schedule_date)) return <Badge tone="busy">Scheduled</Badge>;
	if (isPhased(release)) return <Badge tone="busy">{phaseInShort(release, devices)}</Badge>;
	return <Badge tone="good">Open to all</Badge>;
}

interface Marked {
	required: boolean;
	disabled: boolean;
	schedule_date?: string | null | undefined;
	version_requirement?: string | null | undefined;
	affected_by: readonly string[];
}

interface MarksProps {
	release: Marked;
	/** Its phase, if it has one. Only the latest release can. */
	phase: Phase | undefined;
	devices: number;
}

/** All marks of a release. Those that keep devices from getting it come first. */
export function Marks({ release, phase, devices }: MarksProps): ReactNode {
	const { affected_by: affected, schedule_date: date } = release;
	return (
		<>
			{affected.length > 0 && (
				<Badge tone="bad">{counted(affected.length, "binary is gone", "binaries are gone")}</Badge>
			)}
			{release.disabled && <Badge tone="stopped">Disabled</Badge>}
			{date && isScheduled(date) && (
				<Badge tone="busy">
					Scheduled <Time at={date} />
				</Badge>
			)}
			{phase && isPhased(phase) && <Badge tone="busy">{phaseInShort(phase, devices)}</Badge>}
			{release.required && <Badge tone="plain">Required</Badge>}
			{release.version_requirement && <Chip>for {release.version_requirement}</Chip>}
		</>
	);
}

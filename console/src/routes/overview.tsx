import { useQuery } from "@tanstack/react-query";
import { OctagonX } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../api/client";
import { usePermission } from "../api/permissions";
import { LatestEvents } from "../resources/events/latest";
import { Beginning } from "../resources/overview/beginning";
import { Needs, needsOf } from "../resources/overview/needs";
import { overviewQuery, versionsQuery } from "../resources/overview/queries";
import { StopDialog } from "../resources/overview/stop_dialog";
import { FleetTiles } from "../resources/overview/tiles";
import { Versions } from "../resources/overview/versions";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { ErrorNote } from "../ui/error_note";
import { Columns, Page, Section } from "../ui/page";
import { counted } from "../words/counts";

/** The overall state, as a sentence. */
function sentenceOf(overview: Schemas["Overview"] | undefined): string {
	if (!overview) return "\u00a0";
	const devices = overview.devices;
	const fleet = devices ? `${counted(devices.count, "device", "devices", devices.exact)}. ` : "";
	if (overview.stops.length > 0) return `${fleet}Updates are stopped.`;
	const needs = needsOf(overview).length;
	return needs === 0 ? `${fleet}Nothing needs you.` : `${fleet}${counted(needs, "thing needs", "things need")} a look.`;
}

/** `/`: what needs attention, and the state of the fleet. */
export function OverviewPage(): ReactNode {
	const { data, error } = useQuery(overviewQuery);
	const { data: versions, isLoading: isCounting } = useQuery(versionsQuery);
	const [isStopping, setIsStopping] = useState(false);
	const permission = usePermission("organization_stop");
	const overview = data?.overview;
	useAction("Stop everything…", () => setIsStopping(true), permission.allowed);
	return (
		<Page
			title="Overview"
			sentence={sentenceOf(overview)}
			actions={
				<Button look="danger" permission={permission} onPress={() => setIsStopping(true)}>
					<OctagonX size={16} aria-hidden />
					Stop everything…
				</Button>
			}
		>
			{error && <ErrorNote error={error} />}
			<Beginning />
			<FleetTiles overview={overview} />
			{overview && <Needs overview={overview} />}
			<Columns>
				{isCounting && <div />}
				{versions && versions.devices > 0 && (
					<Section title="What the fleet runs" hint="As devices reported it last">
						<Versions summary={versions} />
					</Section>
				)}
				<Section title="Latest" hint="What people, keys and the server did" isFlush>
					<LatestEvents />
				</Section>
			</Columns>
			{isStopping && <StopDialog onClose={() => setIsStopping(false)} />}
		</Page>
	);
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Ban, FolderInput, Play } from "lucide-react";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../api/client";
import { usePermission } from "../api/permissions";
import { queryClient } from "../api/queries";
import { DeviceCertificates } from "../resources/devices/certificates";
import { MoveDialog } from "../resources/devices/move_dialog";
import { deviceQuery, traceQuery } from "../resources/devices/queries";
import { Runs } from "../resources/devices/runs";
import { DeviceState } from "../resources/devices/state";
import { Trace } from "../resources/devices/trace";
import { DeviceEvents } from "../resources/events/about";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { ErrorNote } from "../ui/error_note";
import { Columns, Page, Section } from "../ui/page";
import { notify } from "../ui/toasts";
import { quoted } from "../words/commands";
import { NotFound } from "./not_found";

const route = getRouteApi("/shell/devices/$identifier");
const PATH = [{ to: "/devices", words: "Devices" }];

type Device = Schemas["Device"];

/** `/devices/<identifier>`: what a device runs, what it gets next, and why. */
export function DevicePage(): ReactNode {
	const { identifier } = route.useParams();
	const { data: device, error, isPending } = useQuery(deviceQuery(identifier));
	if (error) {
		return (
			<Page title={identifier} path={PATH}>
				<ErrorNote error={error} />
			</Page>
		);
	}
	if (isPending)
		return (
			<Page title={identifier} path={PATH} sentence={"\u00a0"}>
				{null}
			</Page>
		);
	if (!device) return <NotFound />;
	return <DeviceDetails device={device} />;
}

/** What the device gets next, as a sentence. */
function sentenceOf(device: Device, status: string | undefined): string {
	const runs = device.reported_release_version
		? `It runs ${device.reported_release_version}.`
		: "It has not said yet what it runs.";
	if (device.quarantined) return `${runs} It is in quarantine and gets no updates.`;
	if (status === "update") return `${runs} When it next asks, it gets an update.`;
	if (status === "no_update") return `${runs} There is no update for it now.`;
	return runs;
}

function DeviceDetails({ device }: { device: Device }): ReactNode {
	const { version } = route.useSearch();
	const mayAsk = usePermission("devices_check");
	const { data: now } = useQuery({ ...traceQuery(device.prn), enabled: mayAsk.allowed });
	return (
		<Page
			title={device.identifier}
			path={PATH}
			badge={<DeviceState device={device} />}
			sentence={sentenceOf(device, now?.status)}
			actions={<Actions device={device} />}
		>
			<Columns>
				<div>
					<Section title="Next" hint="What the server would answer it now, and why">
						<Trace device={device} version={version} permission={mayAsk} />
					</Section>
				</div>
				<div>
					<Section title="Runs" hint="As the device reported it">
						<Runs device={device} />
					</Section>
					<Section title="Certificates" hint="By which it is known">
						<DeviceCertificates devicePrn={device.prn} />
					</Section>
					<Section title="History" isFlush>
						<DeviceEvents prn={device.prn} />
					</Section>
				</div>
			</Columns>
			<Command text={`peridio devices why ${quoted(device.identifier)} --output table`} />
		</Page>
	);
}

function Actions({ device }: { device: Device }): ReactNode {
	const [isMoving, setIsMoving] = useState(false);
	const permission = usePermission("devices_update");
	const quarantine = useMutation({
		mutationFn: (quarantined: boolean) =>
			change(() => api.PATCH("/v1/devices/{prn}", { params: { path: { prn: device.prn } }, body: { quarantined } })),
		onSuccess: async (_, quarantined) => {
			await queryClient.invalidateQueries({ queryKey: ["device"] });
			const words = quarantined ? "is in quarantine: it gets no updates." : "is out of quarantine.";
			notify({ tone: "good", text: `${device.identifier} ${words}` });
		},
		onError: (error) => notify({ tone: "bad", text: error.message }),
	});
	const toggle = (): void => quarantine.mutate(!device.quarantined);
	const words = device.quarantined ? "Let it out of quarantine" : "Quarantine";
	useAction(words, toggle, permission.allowed);
	useAction("Move to another cohort…", () => setIsMoving(true), permission.allowed);
	return (
		<>
			<Button permission={permission} onPress={() => setIsMoving(true)}>
				<FolderInput size={16} aria-hidden />
				Move…
			</Button>
			<Button
				look={device.quarantined ? "plain" : "danger"}
				permission={permission}
				onPress={toggle}
				isBusy={quarantine.isPending}
			>
				{device.quarantined ? <Play size={16} aria-hidden /> : <Ban size={16} aria-hidden />}
				{words}
			</Button>
			{isMoving && <MoveDialog device={device} onClose={() => setIsMoving(false)} />}
		</>
	);
}

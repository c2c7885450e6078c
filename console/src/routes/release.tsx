import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../api/client";
import { isStatus } from "../api/errors";
import { usePermission } from "../api/permissions";
import { deviceColumns } from "../resources/devices/columns";
import { DeviceEvents } from "../resources/events/about";
import { AdoptionBar } from "../resources/releases/adoption";
import { BundleBinaries } from "../resources/releases/bundle_section";
import { type ReleaseDialog, ReleaseMenu } from "../resources/releases/menu";
import { Outcomes } from "../resources/releases/outcomes";
import { PhaseControl } from "../resources/releases/phase_control";
import { adoptionQuery, devicesOnQuery, releaseId, wholeReleaseQuery } from "../resources/releases/queries";
import { sentenceOf } from "../resources/releases/sentence";
import { LimitBadge } from "../resources/releases/state";
import { StopButton, useStop } from "../resources/releases/stop_button";
import { useAction } from "../shell/actions";
import { Command, Copy } from "../ui/copy";
import { Empty } from "../ui/empty";
import { ErrorNote } from "../ui/error_note";
import { Link } from "../ui/link";
import { Columns, Page, Section } from "../ui/page";
import { Properties } from "../ui/properties";
import { Table } from "../ui/table";
import { Time } from "../ui/time";
import { quoted } from "../words/commands";
import { shortPrn } from "../words/prns";
import { NotFound } from "./not_found";

const route = getRouteApi("/shell/releases/$release");
const PATH = [{ to: "/releases", words: "Releases" }];

/** `/releases/<id>`: the devices of a release, its progress, and the stop button. */
export function ReleasePage(): ReactNode {
	const { release: id } = route.useParams();
	const { data, error } = useQuery(wholeReleaseQuery(id));
	if (isStatus(error, 404) || isStatus(error, 400)) return <NotFound />;
	if (error) {
		return (
			<Page title="Release" path={PATH}>
				<ErrorNote error={error} />
			</Page>
		);
	}
	if (!data)
		return (
			<Page title={"\u00a0"} path={PATH} sentence={"\u00a0"}>
				{null}
			</Page>
		);
	return <ReleaseDetails release={data.release} etag={data.etag} />;
}

interface ReleaseDetailsProps {
	release: Schemas["Release"];
	etag: string | null;
}

function ReleaseDetails({ release, etag }: ReleaseDetailsProps): ReactNode {
	const navigate = useNavigate();
	const { data: adoption } = useQuery(adoptionQuery(release.prn));
	const cohort = release.cohort?.name ?? "";
	const product = release.cohort?.product?.name ?? "";
	const devices = release.cohort?.device_count ?? 0;
	const name = `${product}/${cohort}`;
	const [open, setOpen] = useState<ReleaseDialog>(null);
	const stopping = useStop(release, name);
	useAction(stopping.words, stopping.act, stopping.permission.allowed && !release.archived_at);
	useAction("Edit the release…", () => setOpen("edit"), stopping.permission.allowed);
	useAction("Promote the release…", () => setOpen("promote"), usePermission("releases_create").allowed);
	const toCohort = `/cohorts/${encodeURIComponent(product)}/${encodeURIComponent(cohort)}`;
	return (
		<Page
			title={release.name}
			path={[...PATH, { to: toCohort, words: name }]}
			badge={<LimitBadge release={release} devices={devices} />}
			sentence={sentenceOf(release, adoption)}
			actions={
				<>
					{!release.archived_at && <StopButton stopping={stopping} isDisabled={release.disabled} />}
					<ReleaseMenu
						open={open}
						onOpen={setOpen}
						release={release}
						product={product}
						cohort={cohort}
						devices={adoption?.on ?? 0}
						onGone={() => void navigate({ to: "/cohorts/$product/$cohort", params: { product, cohort } })}
					/>
				</>
			}
		>
			<Columns>
				<div>
					<WhoGetsIt {...{ release, etag, adoption, devices }} cohort={name} />
					<Section title="How it goes" hint="The cohort's devices, and what they said of the update">
						{adoption && <AdoptionBar adoption={adoption} />}
						<Outcomes prn={release.prn} />
					</Section>
				</div>
				<div>
					<Section title="Release">
						<Facts release={release} />
					</Section>
					<Section title="Bundle" hint={release.bundle?.name ?? shortPrn(release.bundle_prn)} isFlush>
						<BundleBinaries prn={release.bundle_prn} affected={release.affected_by} />
					</Section>
					<Section title="History" isFlush>
						<DeviceEvents prn={release.prn} />
					</Section>
				</div>
			</Columns>
			<DevicesOn prn={release.prn} />
			<Command text={`peridio releases adoption ${quoted(`${name}/${release.name}`)} --output table`} />
		</Page>
	);
}

interface WhoGetsItProps extends ReleaseDetailsProps {
	adoption: Schemas["Adoption"] | undefined;
	devices: number;
	cohort: string;
}

/** The phase. Only the latest release can have one. */
function WhoGetsIt({ release, etag, adoption, devices, cohort }: WhoGetsItProps): ReactNode {
	if (release.archived_at) return null;
	return (
		<Section title="Who gets it" hint="Of the cohort's devices, as they ask">
			{release.next_release_prn ? (
				<p>
					Every device that comes by, on the way to{" "}
					<Link to="/releases/$release" params={{ release: releaseId(release.next_release_prn) }}>
						the next release
					</Link>
					. Only the latest release is given to some devices first.
				</p>
			) : (
				<PhaseControl
					key={`${release.phase_mode} ${release.phase_value} ${release.phase_tags.join()}`}
					release={release}
					etag={etag}
					devices={devices}
					outcome={adoption}
					cohort={cohort}
				/>
			)}
		</Section>
	);
}

function Facts({ release }: { release: Schemas["Release"] }): ReactNode {
	return (
		<Properties
			rows={{
				Version: release.version ? <code>{release.version}</code> : null,
				"For devices that run": release.version_requirement ? (
					<code>{release.version_requirement}</code>
				) : (
					"any older version"
				),
				"May be skipped": release.required ? "no, all must install it first" : "yes",
				"Not before": release.schedule_date ? <Time at={release.schedule_date} /> : "at once",
				Notes: release.description,
				Created: <Time at={release.inserted_at} />,
				PRN: (
					<span>
						<code>{shortPrn(release.prn)}</code> <Copy text={release.prn} label="Copy the PRN" />
					</span>
				),
			}}
		/>
	);
}

function DevicesOn({ prn }: { prn: string }): ReactNode {
	const { data, error } = useQuery(devicesOnQuery(prn));
	return (
		<Section
			title="Devices on it"
			hint="The newest of them"
			isFlush
			actions={
				<Link to="/devices" search={{ q: `release_prn:'${prn}'` }} look="button">
					Show all
				</Link>
			}
		>
			<Table
				label="Devices on it"
				columns={deviceColumns}
				rows={data?.devices}
				rowKey={({ prn: device }) => device}
				error={error}
				expected={3}
				empty={<Empty title="No device is on it">Devices come here when they report this release.</Empty>}
			/>
		</Section>
	);
}

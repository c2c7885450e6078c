import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { useNewer } from "../api/live";
import { usePermission } from "../api/permissions";
import { RunningLink } from "../resources/bulk_operations/running_link";
import { BulkBar, chooseAllInWords } from "../resources/devices/bulk_bar";
import { useChoice } from "../resources/devices/chosen";
import { deviceColumns } from "../resources/devices/columns";
import { DeviceFilters } from "../resources/devices/filters";
import { deviceCountQuery, devicesQuery } from "../resources/devices/queries";
import { type DevicesSearch, filtersOf, queryOf } from "../resources/devices/search";
import { Views } from "../resources/views/views";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { Link } from "../ui/link";
import { Page, Section } from "../ui/page";
import { Table } from "../ui/table";
import { quoted } from "../words/commands";
import { counted } from "../words/counts";

const route = getRouteApi("/shell/devices");

function commandOf(search: DevicesSearch): string {
	const query = queryOf(search);
	const order = search.sort ? `--sort ${search.sort}` : "--order desc";
	return `peridio devices list ${order}${query ? ` --search ${quoted(query)}` : ""} --output table`;
}

/** `/devices`: all devices, or those that a search finds. */
export function DevicesPage(): ReactNode {
	const search = route.useSearch();
	const list = useInfiniteQuery(devicesQuery(search));
	const { data: total } = useQuery(deviceCountQuery(search));
	const newer = useNewer("device");
	const pages = list.data?.pages;
	const rows = useMemo(() => pages?.flatMap(({ devices }) => devices), [pages]);
	const choice = useChoice(queryOf(search) ?? "", rows);
	const isNarrowed = Boolean(search.q) || filtersOf(search) > 0;
	const found = total ? counted(total.count, "device", "devices", total.exact) : "\u00a0";
	return (
		<Page title="Devices" sentence={isNarrowed && total ? `${found} found` : found} actions={<Actions />}>
			<DeviceFilters search={search} />
			<Section
				title={isNarrowed ? "Found" : "All devices"}
				hint={search.sort ? "By identifier" : "The newest first"}
				isFlush
				actions={
					rows &&
					rows.length > 0 && (
						<Button size="small" onPress={choice.chooseAll}>
							{chooseAllInWords(choice.search, total)}
						</Button>
					)
				}
			>
				<Table
					expected={20}
					label="Devices"
					columns={deviceColumns}
					rows={rows}
					rowKey={({ prn }) => prn}
					error={list.error}
					empty={isNarrowed ? <NothingFound /> : <NoDevices />}
					newer={isNarrowed || search.sort ? undefined : newer}
					pages={list}
					foot={rows && total ? `${counted(rows.length, "row", "rows")} of ${found}` : undefined}
					ticks={choice.ticks}
				/>
			</Section>
			<Command text={commandOf(search)} />
			{choice.chosen && <BulkBar choice={choice} chosen={choice.chosen} total={total} />}
		</Page>
	);
}

function Actions(): ReactNode {
	const mayImport = usePermission("devices_import");
	return (
		<>
			<RunningLink />
			<Views path="/devices" />
			{mayImport.allowed && (
				<Link to="/import" look="button">
					Import…
				</Link>
			)}
		</>
	);
}

function NothingFound(): ReactNode {
	return (
		<Empty
			title="No device matches"
			actions={
				<Link to="/devices" look="button">
					Show all devices
				</Link>
			}
		>
			Plain words are looked for in identifiers. With a field it looks elsewhere: <code>tag:'beta'</code>,{" "}
			<code>description~'lab'</code>.
		</Empty>
	);
}

function NoDevices(): ReactNode {
	return (
		<Empty
			title="No devices yet"
			actions={
				<Command
					label="Register one"
					text="peridio devices create --identifier SN-000042 --product gateway --cohort gateway/daily"
				/>
			}
		>
			A device gets the releases of its cohort. It is registered here, or registers itself with a certificate of a CA
			that you trust.
		</Empty>
	);
}

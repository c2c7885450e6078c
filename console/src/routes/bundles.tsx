import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useNewer } from "../api/live";
import { bundleColumns } from "../resources/bundles/columns";
import { bundlesQuery } from "../resources/bundles/queries";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { Link } from "../ui/link";
import { Page, Section } from "../ui/page";
import { Table } from "../ui/table";
import { Toggle } from "../ui/toggle";
import { counted } from "../words/counts";

const route = getRouteApi("/shell/bundles");

/** `/bundles`: fixed sets of signed binaries. */
export function BundlesPage(): ReactNode {
	const { archived = false } = route.useSearch();
	const navigate = useNavigate();
	const list = useInfiniteQuery(bundlesQuery(archived));
	const newer = useNewer("bundle");
	const rows = list.data?.pages.flatMap(({ bundles }) => bundles);
	const button = (
		<Link to="/bundles/new" look="primary">
			New bundle
		</Link>
	);
	return (
		<Page
			title="Bundles"
			sentence={
				rows ? `${counted(rows.length, "bundle", "bundles", !list.hasNextPage)} that can be released` : "\u00a0"
			}
			actions={button}
		>
			<Section
				title="All bundles"
				hint="The newest first"
				isFlush
				actions={
					<Toggle
						isOn={archived}
						onChange={(on) => void navigate({ to: "/bundles", search: on ? { archived: true } : {}, replace: true })}
					>
						Archived too
					</Toggle>
				}
			>
				<Table
					label="Bundles"
					columns={bundleColumns}
					rows={rows}
					rowKey={({ prn }) => prn}
					error={list.error}
					newer={newer}
					empty={
						<Empty title="No bundles yet" actions={button}>
							A bundle is a fixed set of signed binaries. A release delivers it to the devices of a cohort.
						</Empty>
					}
					pages={list}
				/>
			</Section>
			<Command text={`peridio bundles list${archived ? " --archived any" : ""} --order desc --output table`} />
		</Page>
	);
}

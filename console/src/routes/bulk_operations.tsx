import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { bulkColumns } from "../resources/bulk_operations/columns";
import { bulkOperationsQuery } from "../resources/bulk_operations/queries";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { Link } from "../ui/link";
import { Page, Section } from "../ui/page";
import { Table } from "../ui/table";

const PATH = [{ to: "/devices", words: "Devices" }];

/** `/bulk_operations`: the running and the finished changes of many devices. */
export function BulkOperationsPage(): ReactNode {
	const list = useInfiniteQuery(bulkOperationsQuery);
	return (
		<Page
			title="Bulk operations"
			path={PATH}
			sentence="One change for many devices, which the server makes in the background."
		>
			<Section title="All bulk operations" hint="The newest first. They are deleted 90 days after their end." isFlush>
				<Table
					label="Bulk operations"
					columns={bulkColumns}
					rows={list.data?.pages.flatMap(({ bulk_operations }) => bulk_operations)}
					rowKey={({ prn }) => prn}
					error={list.error}
					empty={<NoneYet />}
					pages={list}
				/>
			</Section>
			<Command text="peridio devices bulk list --order desc --output table" />
		</Page>
	);
}

function NoneYet(): ReactNode {
	return (
		<Empty
			title="No bulk operations yet"
			actions={
				<Link to="/devices" look="button">
					Choose devices
				</Link>
			}
		>
			Tick devices in the list, or choose all that a search finds: then they are moved, tagged or put into quarantine at
			once.
		</Empty>
	);
}

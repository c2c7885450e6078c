import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { meQuery } from "../api/queries";
import { type AuditSearch, eventParameters, exportOf, isNarrowed } from "../resources/events/search";
import { Trail } from "../resources/events/trail";
import { TrailFilters } from "../resources/events/trail_filters";
import { Views } from "../resources/views/views";
import { Command } from "../ui/copy";
import { FileLink } from "../ui/link";
import { Page, Section } from "../ui/page";
import { folded, quoted } from "../words/commands";

const route = getRouteApi("/shell/audit");

/** The same as a command. Filters for which `peridio events list` has no option become clauses of its search. */
function commandOf(search: AuditSearch): string {
	const { type, actor_prn, search: times, about_prn, request_id } = eventParameters(search);
	const clauses = [about_prn && `about_prn:'${about_prn}'`, request_id && `request_id:'${request_id}'`, times].filter(
		Boolean,
	);
	const flags = [
		type && ` --type ${type}`,
		actor_prn && ` --actor-prn ${quoted(actor_prn)}`,
		clauses.length > 0 && ` --search ${quoted(clauses.join(" and "))}`,
	];
	return `peridio events list --order desc${flags.filter(Boolean).join("")} --output table`;
}

/** The saved views, and the export of the found events. */
function Actions({ search }: { search: AuditSearch }): ReactNode {
	const organization = useQuery(meQuery).data?.user.organization_prn ?? undefined;
	return (
		<>
			<Views path="/audit" />
			<FileLink href={exportOf(search, "csv", organization)}>Export CSV</FileLink>
			<FileLink href={exportOf(search, "jsonl", organization)}>Export JSON lines</FileLink>
		</>
	);
}

/** `/audit`: who changed what, when and from where. */
export function AuditPage(): ReactNode {
	const search = route.useSearch();
	return (
		<Page
			title="Audit"
			sentence="Every change, with who made it, when and from where."
			actions={<Actions search={search} />}
		>
			<TrailFilters search={search} />
			<Section title={isNarrowed(search) ? "Found" : "All events"} hint="The newest first" isFlush>
				<Trail search={search} />
			</Section>
			<Command text={folded(commandOf(search))} />
		</Page>
	);
}

import { queryOptions, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answer, api, type Schemas } from "../api/client";
import { JobsGivenUp } from "../resources/jobs/given_up";
import { Badge } from "../ui/badge";
import { Command } from "../ui/copy";
import { ErrorNote } from "../ui/error_note";
import { Section } from "../ui/page";
import { Properties } from "../ui/properties";
import { Time } from "../ui/time";
import { counted } from "../words/counts";
import { SettingsPage } from "./settings_page";

const serverQuery = queryOptions({
	queryKey: ["server"],
	queryFn: async ({ signal }) => (await answer(api.GET("/v1/server", { signal }))).server,
});

const DATABASES: Record<string, string> = {
	sqlite: "SQLite, with one process",
	postgresql: "PostgreSQL, which several processes can share",
};

/** `/settings/server`: the process that answers, its database, and the jobs that were given up. */
export function ServerPage(): ReactNode {
	const { data, error } = useQuery(serverQuery);
	const sentence = data && `Olivine ${data.version} on ${DATABASES[data.database] ?? data.database}.`;
	return (
		<SettingsPage title="This server" sentence={sentence ?? "\u00a0"}>
			{error && <ErrorNote error={error} />}
			<Section title="Jobs given up" hint="They wait for somebody; the others are repeated by themselves" isFlush>
				<JobsGivenUp />
			</Section>
			<Section title="The process that answered">{data ? <Facts server={data} /> : "\u00a0"}</Section>
			<Command text="peridio jobs list --state given_up --output table" />
		</SettingsPage>
	);
}

function Facts({ server }: { server: Schemas["Server"] }): ReactNode {
	const pending = server.pending_migrations;
	return (
		<Properties
			rows={{
				Version: <code>{server.version}</code>,
				Database: DATABASES[server.database] ?? server.database,
				"Last migration": server.last_migration && <code>{server.last_migration}</code>,
				Migrations: pending ? (
					<Badge tone="warn">{counted(pending, "migration has", "migrations have")} not been run</Badge>
				) : (
					<Badge tone="good">All were run</Badge>
				),
				"Its clock": <Time at={server.now} />,
			}}
		/>
	);
}

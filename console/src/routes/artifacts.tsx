import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useNewer } from "../api/live";
import { usePermission } from "../api/permissions";
import { artifactColumns } from "../resources/artifacts/columns";
import { CreateArtifactDialog } from "../resources/artifacts/create_dialog";
import { artifactsQuery } from "../resources/artifacts/queries";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { Link } from "../ui/link";
import { Page, Section } from "../ui/page";
import { Table } from "../ui/table";
import { Toggle } from "../ui/toggle";
import { counted } from "../words/counts";

const route = getRouteApi("/shell/artifacts");

/** `/artifacts`: the kinds of firmware. */
export function ArtifactsPage(): ReactNode {
	const { archived = false } = route.useSearch();
	const navigate = useNavigate();
	const [isCreating, setIsCreating] = useState(false);
	const permission = usePermission("artifacts_create");
	const list = useInfiniteQuery(artifactsQuery(archived));
	const newer = useNewer("artifact");
	const rows = list.data?.pages.flatMap(({ artifacts }) => artifacts);
	const create = (): void => setIsCreating(true);
	useAction("New artifact…", create, permission.allowed);
	const button = (
		<Button look="primary" permission={permission} onPress={create}>
			<Plus size={16} aria-hidden />
			New artifact…
		</Button>
	);
	const found = rows ? `${counted(rows.length, "kind", "kinds", !list.hasNextPage)} of firmware` : "\u00a0";
	const actions = (
		<>
			<Link to="/bundles" look="button">
				Bundles
			</Link>
			{button}
		</>
	);
	return (
		<Page title="Firmware" sentence={found} actions={actions}>
			<Section
				title="Artifacts"
				hint="The newest first"
				isFlush
				actions={
					<Toggle
						isOn={archived}
						onChange={(on) => void navigate({ to: "/artifacts", search: on ? { archived: true } : {}, replace: true })}
					>
						Archived too
					</Toggle>
				}
			>
				<Table
					label="Artifacts"
					columns={artifactColumns}
					rows={rows}
					rowKey={({ prn }) => prn}
					error={list.error}
					newer={newer}
					empty={
						<Empty title="No artifacts yet" actions={button}>
							An artifact is a kind of firmware that you build again and again. Its versions have a file for each
							target.
						</Empty>
					}
					pages={list}
				/>
			</Section>
			<Command text={`peridio artifacts list${archived ? " --archived any" : ""} --order desc --output table`} />
			{isCreating && <CreateArtifactDialog onClose={() => setIsCreating(false)} />}
		</Page>
	);
}

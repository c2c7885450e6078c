import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../api/client";
import { usePermission } from "../api/permissions";
import { ArchiveButton } from "../resources/artifacts/archive_button";
import { artifactQuery } from "../resources/artifacts/queries";
import { CreateVersionDialog } from "../resources/versions/create_dialog";
import { VersionMatrix } from "../resources/versions/matrix";
import { versionsQuery } from "../resources/versions/queries";
import { useAction } from "../shell/actions";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { ErrorNote } from "../ui/error_note";
import { Page, Section } from "../ui/page";
import { Toggle } from "../ui/toggle";
import { quoted } from "../words/commands";
import { counted } from "../words/counts";
import { newestFirst } from "../words/versions";
import { NotFound } from "./not_found";

const route = getRouteApi("/shell/artifacts/$artifact");
const PATH = [{ to: "/artifacts", words: "Firmware" }];

/** `/artifacts/<name>`: the versions of an artifact, and the state of each binary. */
export function ArtifactPage(): ReactNode {
	const { artifact: name } = route.useParams();
	const { data: artifact, error } = useQuery(artifactQuery(name));
	if (artifact) return <ArtifactDetails artifact={artifact} />;
	if (artifact === null) return <NotFound />;
	return (
		<Page title={name} path={PATH} sentence={"\u00a0"}>
			{error && <ErrorNote error={error} />}
		</Page>
	);
}

function ArtifactDetails({ artifact }: { artifact: Schemas["Artifact"] }): ReactNode {
	const { archived = false } = route.useSearch();
	const navigate = useNavigate();
	const [isCreating, setIsCreating] = useState(false);
	const permission = usePermission("artifact_versions_create");
	const list = useInfiniteQuery(versionsQuery(artifact.prn, archived));
	const versions = list.data?.pages.flatMap(({ artifact_versions }) => artifact_versions);
	const ordered = versions?.toSorted((one, other) => newestFirst(one.version, other.version));
	const create = (): void => setIsCreating(true);
	useAction("New version…", create, permission.allowed);
	const button = (
		<Button look="primary" permission={permission} onPress={create}>
			<Plus size={16} aria-hidden />
			New version…
		</Button>
	);
	const found = versions ? counted(versions.length, "version", "versions", !list.hasNextPage) : "\u00a0";
	const latest = ordered?.[0] ? ` The latest is ${ordered[0].version}.` : "";
	const toggle = (on: boolean): void =>
		void navigate({
			to: "/artifacts/$artifact",
			params: { artifact: artifact.name },
			search: on ? { archived: true } : {},
			replace: true,
		});
	return (
		<Page
			title={artifact.name}
			path={PATH}
			badge={artifact.archived_at ? <Badge tone="stopped">archived</Badge> : null}
			sentence={`${found}.${latest}${artifact.description ? ` ${artifact.description}` : ""}`}
			actions={
				<>
					<ArchiveButton kind="artifacts" record={artifact} name={artifact.name} />
					{button}
				</>
			}
		>
			<Section
				title="Versions"
				hint="In the order of versions, with the state of the binary for each target"
				isFlush
				actions={
					<Toggle isOn={archived} onChange={toggle}>
						Archived too
					</Toggle>
				}
			>
				{list.error && <ErrorNote error={list.error} />}
				{ordered?.length === 0 && (
					<Empty title="No versions yet" actions={button}>
						A version has a file for each target. Files are uploaded on its page, or with <code>peridio push</code>.
					</Empty>
				)}
				{ordered && ordered.length > 0 && <VersionMatrix artifact={artifact.name} versions={ordered} />}
			</Section>
			{list.hasNextPage && (
				<Button isBusy={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
					Show older versions
				</Button>
			)}
			<Command
				text={`peridio push firmware.bin --artifact ${quoted(artifact.name)} --version 1.0.0 --target arm-linux-gnueabihf --signing-key private_key.pem`}
				label="Upload and sign in a terminal"
			/>
			{isCreating && <CreateVersionDialog artifact={artifact} onClose={() => setIsCreating(false)} />}
		</Page>
	);
}

import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "../api/client";
import { ArchiveButton } from "../resources/artifacts/archive_button";
import { binaryColumns } from "../resources/binaries/columns";
import { binariesQuery } from "../resources/binaries/queries";
import { UploadSection } from "../resources/uploads/section";
import { versionQuery } from "../resources/versions/queries";
import { Badge } from "../ui/badge";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { ErrorNote } from "../ui/error_note";
import { Page, Section } from "../ui/page";
import { Table } from "../ui/table";
import { quoted } from "../words/commands";
import { counted } from "../words/counts";
import { NotFound } from "./not_found";

const route = getRouteApi("/shell/artifacts/$artifact/$version");

function pathTo(artifact: string) {
	return [
		{ to: "/artifacts", words: "Firmware" },
		{ to: `/artifacts/${encodeURIComponent(artifact)}`, words: artifact },
	];
}

/** `/artifacts/<name>/<version>`: the binaries of a version, and uploads. */
export function VersionPage(): ReactNode {
	const { artifact, version: name } = route.useParams();
	const { data: version, error } = useQuery(versionQuery(artifact, name));
	if (version) return <VersionDetails artifact={artifact} version={version} />;
	if (version === null) return <NotFound />;
	return (
		<Page title={name} path={pathTo(artifact)} sentence={"\u00a0"}>
			{error && <ErrorNote error={error} />}
		</Page>
	);
}

/** What is missing before the version can be released, as a sentence. */
function sentenceOf(binaries: readonly Schemas["Binary"][] | undefined): string {
	if (!binaries) return "\u00a0";
	const present = binaries.filter(({ destroyed }) => !destroyed);
	const signed = present.filter(({ state }) => state === "signed").length;
	const signable = present.filter(({ state }) => state === "signable").length;
	if (present.length === 0) return "It has no binaries yet.";
	if (signed === present.length) return `${counted(signed, "binary", "binaries")}, all signed: it can be released.`;
	const waits = signable > 0 ? ` ${counted(signable, "awaits its signature", "await their signatures")}.` : "";
	return `${signed} of ${counted(present.length, "binary is", "binaries are")} signed.${waits}`;
}

interface VersionDetailsProps {
	artifact: string;
	version: Schemas["ArtifactVersion"];
}

function VersionDetails({ artifact, version }: VersionDetailsProps): ReactNode {
	const title = `${artifact}/${version.version}`;
	const list = useQuery(binariesQuery(version.prn));
	const binaries = list.data?.binaries;
	const taken = binaries?.filter(({ destroyed }) => !destroyed).map(({ target }) => target) ?? [];
	const toSign = binaries?.filter(({ state }) => state === "signable") ?? [];
	const lines = toSign.map(
		({ target }) => `peridio binaries sign ${quoted(`${title}/${target}`)} --signing-key private_key.pem`,
	);
	return (
		<Page
			title={version.version}
			path={pathTo(artifact)}
			badge={version.archived_at ? <Badge tone="stopped">archived</Badge> : null}
			sentence={`${sentenceOf(binaries)}${version.description ? ` ${version.description}` : ""}`}
			actions={<ArchiveButton kind="artifact_versions" record={version} name={title} />}
		>
			<Section title="Binaries" hint="One for each target" isFlush>
				<Table
					label="Binaries"
					columns={binaryColumns(artifact, version.version)}
					rows={binaries}
					rowKey={({ prn }) => prn}
					error={list.error}
					expected={2}
					empty={
						<Empty title="No binaries yet">
							A binary is a file for one target. Upload it below, sign it on your machine, then release it.
						</Empty>
					}
				/>
			</Section>
			<UploadSection version={{ prn: version.prn, title }} taken={taken} />
			{lines.length > 0 && (
				<Section title="Sign" hint="On your own machine; the page says so as soon as the signatures are there">
					<Command text={lines.join("\n")} label="All that awaits a signature, in a terminal" />
				</Section>
			)}
			<Command
				text={`peridio binaries create --artifact-version ${quoted(title)} --target arm-linux-gnueabihf --content-path firmware.bin`}
			/>
		</Page>
	);
}

import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Flame, RotateCcw } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../api/client";
import { usePermission } from "../api/permissions";
import { Content } from "../resources/binaries/content";
import { canBeDestroyed, DestroyDialog } from "../resources/binaries/destroy_dialog";
import { VerificationFailure } from "../resources/binaries/failure";
import { Life } from "../resources/binaries/life";
import { Parts } from "../resources/binaries/parts";
import { binariesQuery, binaryQuery } from "../resources/binaries/queries";
import { Signatures } from "../resources/binaries/signatures";
import { Signing } from "../resources/binaries/signing";
import { BinaryState, hasFailed } from "../resources/binaries/state";
import { useBinaryActions, useDestroyPermission } from "../resources/binaries/use_binary_actions";
import { Releases, Replicas } from "../resources/binaries/uses";
import { versionQuery } from "../resources/versions/queries";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { ErrorNote } from "../ui/error_note";
import { Columns, Page, Section } from "../ui/page";
import { quoted } from "../words/commands";
import { NotFound } from "./not_found";

const route = getRouteApi("/shell/artifacts/$artifact/$version/$target");

type Binary = Schemas["Binary"];

function usePath() {
	const { artifact, version } = route.useParams();
	const above = `/artifacts/${encodeURIComponent(artifact)}`;
	return [
		{ to: "/artifacts", words: "Firmware" },
		{ to: above, words: artifact },
		{ to: `${above}/${encodeURIComponent(version)}`, words: version },
	];
}

/** `/artifacts/<name>/<version>/<target>`: a binary, from its upload to the releases that deliver it. */
export function BinaryPage(): ReactNode {
	const { artifact, version, target } = route.useParams();
	const { binary: asked } = route.useSearch();
	const path = usePath();
	const parent = useQuery(versionQuery(artifact, version));
	const siblings = useQuery({ ...binariesQuery(parent.data?.prn ?? ""), enabled: Boolean(parent.data) });
	const ofTarget = siblings.data?.binaries.filter((one) => one.target === target);
	const found = ofTarget?.find(({ prn, destroyed }) => (asked ? prn === asked : !destroyed)) ?? ofTarget?.at(-1);
	const { data: binary, error } = useQuery({ ...binaryQuery(found?.prn ?? ""), enabled: Boolean(found) });
	if (binary) return <BinaryDetails binary={binary} />;
	if (parent.data === null || (siblings.data && !found)) return <NotFound />;
	const problem = parent.error ?? siblings.error ?? error;
	return (
		<Page title={target} path={path} sentence={"\u00a0"}>
			{problem && <ErrorNote error={problem} />}
		</Page>
	);
}

const SENTENCES: Record<string, string> = {
	uploadable: "It awaits its content.",
	hashable: "Its content is uploaded; the server verifies it next.",
	hashing: "The server verifies its content against the hash.",
	signable: "Its content is verified. It awaits a signature before it can be released.",
	signed: "It is verified and signed: it can be released.",
	destroyed: "Its content is gone for good. The record stays for the audit trail.",
};

function BinaryDetails({ binary }: { binary: Binary }): ReactNode {
	const params = route.useParams();
	const title = `${params.artifact}/${params.version}/${params.target}`;
	const actions = useBinaryActions(binary);
	const mayReadReleases = usePermission("releases_of_binary");
	const isFailed = hasFailed(binary);
	const isThere = binary.state === "signable" || binary.state === "signed";
	return (
		<Page
			title={binary.target}
			path={usePath()}
			badge={<BinaryState binary={binary} />}
			sentence={isFailed ? "The server could not verify its content." : SENTENCES[binary.state]}
			actions={<Actions binary={binary} title={title} />}
		>
			<Columns>
				<div>
					<Section title="Life" hint="What happened to it, who did it, and when">
						<Life binary={binary} />
						{isFailed && binary.verification_error && (
							<VerificationFailure error={binary.verification_error} actions={actions} />
						)}
					</Section>
					{binary.state === "signable" && (
						<Section title="Sign it">
							<Signing binary={binary} title={title} />
						</Section>
					)}
					{binary.state === "uploadable" && (
						<Section title="Parts" hint="Of the upload that is going on">
							<Parts prn={binary.prn} />
						</Section>
					)}
				</div>
				<div>
					<Section title="Content">
						<Content binary={binary} />
					</Section>
					{(isThere || binary.signatures.length > 0) && (
						<Section title="Signatures">
							<Signatures binary={binary} />
						</Section>
					)}
					{mayReadReleases.allowed && (
						<Section title="Releases" hint="That deliver it, with their bundles">
							<Releases prn={binary.prn} />
						</Section>
					)}
					{isThere && (
						<Section title="Replicas" hint="Copies of its content in other storages">
							<Replicas prn={binary.prn} />
						</Section>
					)}
				</div>
			</Columns>
			<Command text={`peridio binaries get ${quoted(title)}`} />
		</Page>
	);
}

function Actions({ binary, title }: { binary: Binary; title: string }): ReactNode {
	const { version, target } = route.useParams();
	const [isDestroying, setIsDestroying] = useState(false);
	const { permission, isBusy, go } = useBinaryActions(binary);
	const mayDestroyContent = useDestroyPermission();
	const mayDelete = usePermission("binaries_delete");
	const isRecordKept = canBeDestroyed(binary);
	const mayDestroy = isRecordKept ? mayDestroyContent : mayDelete;
	const words = isRecordKept ? "Destroy…" : "Delete…";
	const mayReset = ["uploadable", "hashable", "signable"].includes(binary.state) && binary.bytes_uploaded > 0;
	const destroy = (): void => setIsDestroying(true);
	useAction(words, destroy, mayDestroy.allowed && !binary.destroyed);
	if (binary.destroyed) return null;
	return (
		<>
			{mayReset && (
				<Button permission={permission} isBusy={isBusy} onPress={() => go("uploadable")}>
					<RotateCcw size={16} aria-hidden />
					Reset
				</Button>
			)}
			<Button look="danger" permission={mayDestroy} onPress={destroy}>
				<Flame size={16} aria-hidden />
				{words}
			</Button>
			{isDestroying && (
				<DestroyDialog
					binary={binary}
					title={title}
					word={`${version}/${target}`}
					onClose={() => setIsDestroying(false)}
				/>
			)}
		</>
	);
}

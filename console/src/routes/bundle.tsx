import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "../api/client";
import { isStatus } from "../api/errors";
import { BundleBinaries } from "../resources/bundles/binaries";
import { Coverage, type Ordered } from "../resources/bundles/coverage";
import { SameBundles } from "../resources/bundles/equal";
import { bundleQuery, versionByPrnQuery } from "../resources/bundles/queries";
import { ReleaseIt } from "../resources/bundles/release_it";
import { Badge } from "../ui/badge";
import { Command, Copy } from "../ui/copy";
import { ErrorNote } from "../ui/error_note";
import { Page, Section } from "../ui/page";
import { Properties } from "../ui/properties";
import { quoted } from "../words/commands";
import { counted } from "../words/counts";
import { shortPrn } from "../words/prns";
import { NotFound } from "./not_found";

const route = getRouteApi("/shell/bundles/$prn");
const PATH = [{ to: "/bundles", words: "Bundles" }];

type Bundle = Schemas["Bundle"];

/** `/bundles/<prn>`: the content of a bundle, and what devices of each target get. */
export function BundlePage(): ReactNode {
	const { prn } = route.useParams();
	const { data: bundle, error } = useQuery(bundleQuery(prn));
	if (bundle) return <BundleDetails bundle={bundle} />;
	if (isStatus(error, 404)) return <NotFound />;
	return (
		<Page title={shortPrn(prn)} path={PATH} sentence={"\u00a0"}>
			{error && <ErrorNote error={error} />}
		</Page>
	);
}

/** The versions of a bundle in their order, with the binary for each target. */
function useVersions(bundle: Bundle): Ordered[] {
	const binaries = bundle.binaries ?? [];
	const prns = [...new Set(binaries.map(({ artifact_version_prn }) => artifact_version_prn))];
	const answers = useQueries({ queries: prns.map(versionByPrnQuery) });
	return prns.map((prn, index) => {
		const version = answers[index]?.data;
		const own = binaries.filter((binary) => binary.artifact_version_prn === prn);
		return {
			prn,
			title: version ? `${version.artifact?.name}/${version.version}` : shortPrn(prn),
			states: new Map(own.map(({ target, state }) => [target, state])),
		};
	});
}

function BundleDetails({ bundle }: { bundle: Bundle }): ReactNode {
	const versions = useVersions(bundle);
	const binaries = bundle.binaries ?? [];
	const gone = binaries.filter(({ state }) => state !== "signed").length;
	const name = bundle.name ?? shortPrn(bundle.prn);
	const isReleasable = gone === 0 && !bundle.archived_at;
	const all = counted(binaries.length, "binary", "binaries");
	return (
		<Page
			title={name}
			path={PATH}
			badge={bundle.archived_at ? <Badge tone="stopped">archived</Badge> : null}
			sentence={
				gone > 0
					? `${gone} of ${all} can’t be installed any more.`
					: `${all}, all signed: it can be released. Its content never changes.`
			}
			actions={isReleasable && <ReleaseIt bundle={bundle} />}
		>
			<Section title="What devices get" hint="For each target, in this order">
				<Coverage versions={versions} />
			</Section>
			<Section title="Binaries" hint="With the metadata that devices get, fixed when the bundle was made" isFlush>
				<BundleBinaries binaries={binaries} versions={versions} />
			</Section>
			<Section title="Hash" hint="Bundles with the same hash have the same content">
				<Properties
					rows={{
						"SHA-256": (
							<>
								<code>{bundle.hash}</code> <Copy text={bundle.hash} label="Copy the hash" />
							</>
						),
					}}
				/>
				<SameBundles bundle={bundle} />
			</Section>
			<Command text={`peridio bundles get ${quoted(bundle.name ?? bundle.prn)}`} />
		</Page>
	);
}

import { useQuery } from "@tanstack/react-query";
import { bundleQuery, versionByPrnQuery } from "../bundles/queries";

interface Suggestion {
	bundle: string;
	name: string;
	version: string;
}

/** A suggestion for a release of a bundle: the name of the bundle, and the version in it, if it is a version. */
export function useSuggestion(bundlePrn: string | undefined): Partial<Suggestion> {
	const { data: bundle } = useQuery({ ...bundleQuery(bundlePrn ?? ""), enabled: Boolean(bundlePrn) });
	const versions = new Set(bundle?.binaries?.map(({ artifact_version_prn: prn }) => prn));
	const [only] = versions.size === 1 ? versions : [];
	const { data: version } = useQuery({ ...versionByPrnQuery(only ?? ""), enabled: Boolean(only) });
	if (!bundlePrn) return {};
	return {
		bundle: bundlePrn,
		...(bundle?.name ? { name: bundle.name } : {}),
		...(version ? { version: version.version } : {}),
	};
}

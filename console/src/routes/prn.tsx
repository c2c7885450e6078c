// `/prn/<prn>`: the page of the record with this PRN.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate, useRouter } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { answer, api } from "../api/client";
import { binaryQuery } from "../resources/binaries/queries";
import { versionByPrnQuery } from "../resources/bundles/queries";
import { deviceByPrnQuery } from "../resources/devices/queries";
import { releaseId } from "../resources/releases/queries";
import { addressOf, viewQuery } from "../resources/views/queries";
import { ErrorNote } from "../ui/error_note";
import { Page } from "../ui/page";
import { kindInWords } from "../words/kinds";
import { parsePrn } from "../words/prns";

/** Kinds whose records are in a list of the settings. */
const SETTINGS: Record<string, string> = {
	api_key: "/settings/api-keys",
	signing_key: "/settings/signing-keys",
	storage_backend: "/settings/storages",
	user: "/settings/people",
	membership: "/settings/people",
	invitation: "/settings/people",
	job: "/settings/server",
	organization: "/settings/organization",
};

const route = getRouteApi("/shell/prn/$prn");

/** Finds the page of a record. */
export function PrnPage(): ReactNode {
	const { prn } = route.useParams();
	const kind = parsePrn(prn)?.kind;
	if (kind === "device") return <ToDevice prn={prn} />;
	if (kind === "ca_certificate") {
		return <Navigate to="/settings/ca-certificates/$id" params={{ id: parsePrn(prn)?.id ?? "" }} replace />;
	}
	if (kind === "event") return <Navigate to="/audit" search={{ open: parsePrn(prn)?.id }} replace />;
	if (kind && SETTINGS[kind]) return <Navigate to={SETTINGS[kind]} replace />;
	if (kind === "release") return <Navigate to="/releases/$release" params={{ release: releaseId(prn) }} replace />;
	if (kind === "cohort") return <ToCohort prn={prn} />;
	if (kind === "product") return <Navigate to="/releases" replace />;
	if (kind === "bundle_override") return <Navigate to="/overrides" replace />;
	if (kind === "bundle") return <Navigate to="/bundles/$prn" params={{ prn }} replace />;
	if (kind === "binary") return <ToBinary prn={prn} />;
	if (kind === "artifact") return <ToArtifact prn={prn} />;
	if (kind === "artifact_version") return <ToVersion prn={prn} />;
	if (kind === "device_certificate") return <ToDeviceOfCertificate prn={prn} />;
	if (kind === "view") return <ToView prn={prn} />;
	if (kind === "bulk_operation") return <Navigate to="/bulk_operations/$prn" params={{ prn }} replace />;
	const sentence = kind
		? `The console has no page for a record of the kind ${kindInWords(kind)} yet.`
		: "A PRN begins with prn:1: and ends with a UUID.";
	return (
		<Page title="No page for this PRN" sentence={sentence}>
			<code>{prn}</code>
		</Page>
	);
}

function ToView({ prn }: { prn: string }): ReactNode {
	const { data, error } = useQuery(viewQuery(prn));
	const { history } = useRouter();
	const address = data && addressOf(data.view);
	useEffect(() => {
		if (address) history.replace(address);
	}, [address, history]);
	return error ? <ErrorNote error={error} /> : null;
}

interface Asked<T> {
	data: T | undefined;
	error: Error | null;
}

/** The path of a record, once it is known. */
function found<T>({ data, error }: Asked<T>, place: (data: T) => ReactNode): ReactNode {
	if (error) return <ErrorNote error={error} />;
	return data === undefined ? null : place(data);
}

function ToDevice({ prn }: { prn: string }): ReactNode {
	return found(useQuery(deviceByPrnQuery(prn)), ({ identifier }) => (
		<Navigate to="/devices/$identifier" params={{ identifier }} replace />
	));
}

function ToCohort({ prn }: { prn: string }): ReactNode {
	const asked = useQuery({
		queryKey: ["cohort", "by_prn", prn],
		queryFn: ({ signal }) =>
			answer(api.GET("/v1/cohorts/{prn}", { params: { path: { prn }, query: { "expand[]": ["product"] } }, signal })),
	});
	return found(asked, ({ cohort: { name, product } }) => (
		<Navigate to="/cohorts/$product/$cohort" params={{ product: product?.name ?? "", cohort: name }} replace />
	));
}

function ToBinary({ prn }: { prn: string }): ReactNode {
	return found(useQuery(binaryQuery(prn)), ({ artifact_version: parent, target }) => (
		<Navigate
			to="/artifacts/$artifact/$version/$target"
			params={{ artifact: parent?.artifact?.name ?? "", version: parent?.version ?? "", target }}
			search={{ binary: prn }}
			replace
		/>
	));
}

function ToArtifact({ prn }: { prn: string }): ReactNode {
	const asked = useQuery({
		queryKey: ["artifact", "by_prn", prn],
		queryFn: ({ signal }) => answer(api.GET("/v1/artifacts/{prn}", { params: { path: { prn } }, signal })),
	});
	return found(asked, ({ artifact }) => (
		<Navigate to="/artifacts/$artifact" params={{ artifact: artifact.name }} replace />
	));
}

function ToVersion({ prn }: { prn: string }): ReactNode {
	return found(useQuery(versionByPrnQuery(prn)), ({ artifact, version }) => (
		<Navigate to="/artifacts/$artifact/$version" params={{ artifact: artifact?.name ?? "", version }} replace />
	));
}

function ToDeviceOfCertificate({ prn }: { prn: string }): ReactNode {
	const asked = useQuery({
		queryKey: ["device_certificate", "by_prn", prn],
		queryFn: ({ signal }) => answer(api.GET("/v1/device_certificates/{prn}", { params: { path: { prn } }, signal })),
	});
	return found(asked, ({ device_certificate: certificate }) => <ToDevice prn={certificate.device_prn} />);
}

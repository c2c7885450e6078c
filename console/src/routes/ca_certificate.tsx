import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { api, change } from "../api/client";
import { usePermission } from "../api/permissions";
import { meQuery, queryClient } from "../api/queries";
import { ifMatch } from "../api/tagged";
import { caCertificateQuery, nameOfCa, type TaggedCa } from "../resources/ca_certificates/queries";
import { CaSettings } from "../resources/ca_certificates/settings";
import { CaState } from "../resources/ca_certificates/state";
import { DeviceEvents } from "../resources/events/about";
import { Button } from "../ui/button";
import { ConfirmByTyping } from "../ui/confirm";
import { Command, Copy } from "../ui/copy";
import { ErrorNote } from "../ui/error_note";
import { Columns, Page, Section } from "../ui/page";
import { Properties } from "../ui/properties";
import { Time } from "../ui/time";
import { notify } from "../ui/toasts";
import { quoted } from "../words/commands";
import { NotFound } from "./not_found";

const route = getRouteApi("/shell/settings/ca-certificates/$id");

const PATH = [
	{ to: "/settings", words: "Settings" },
	{ to: "/settings/ca-certificates", words: "CA certificates" },
];

type CaCertificate = TaggedCa;

/** `/settings/ca-certificates/<id>`: a CA, and the settings for its devices. */
export function CaCertificatePage(): ReactNode {
	const { id } = route.useParams();
	const { data: me } = useQuery(meQuery);
	const prn = `${me?.user.organization_prn ?? ""}:ca_certificate:${id}`;
	const { data: ca, error, isPending } = useQuery(caCertificateQuery(prn));
	if (error || isPending) {
		return (
			<Page title="CA certificate" path={PATH} sentence={"\u00a0"}>
				{error && <ErrorNote error={error} />}
			</Page>
		);
	}
	return ca ? <Details ca={ca} /> : <NotFound />;
}

function sentenceOf({ jitp, renewals }: CaCertificate): string {
	const unknown = jitp ? "New devices with its certificates register themselves." : "New devices are refused.";
	const known = renewals === "refuse" ? "" : " Known devices may come with renewed certificates.";
	return unknown + known;
}

function useStop(ca: CaCertificate) {
	return useMutation({
		mutationFn: () => {
			const body = { jitp: null, renewals: "refuse" };
			const params = { path: { prn: ca.prn } };
			return change(() => api.PATCH("/v1/ca_certificates/{prn}", { params, body, headers: ifMatch(ca.etag) }));
		},
		// If somebody else changed it, the change is shown before the person decides again.
		onError: () => void queryClient.invalidateQueries({ queryKey: ["ca_certificate"] }),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["ca_certificate"] });
			notify({ tone: "good", text: "Disabled. Devices that are registered keep working." });
		},
	});
}

function Details({ ca }: { ca: CaCertificate }): ReactNode {
	const [isGoing, setIsGoing] = useState(false);
	const mayUpdate = usePermission("ca_certificates_update");
	const mayDelete = usePermission("ca_certificates_delete");
	const stop = useStop(ca);
	const isOn = Boolean(ca.jitp) || ca.renewals !== "refuse";
	return (
		<Page
			title={nameOfCa(ca)}
			path={PATH}
			badge={<CaState ca={ca} />}
			sentence={sentenceOf(ca)}
			actions={
				<>
					{isOn && (
						<Button permission={mayUpdate} onPress={() => stop.mutate()} isBusy={stop.isPending}>
							Disable
						</Button>
					)}
					<Button look="danger" permission={mayDelete} onPress={() => setIsGoing(true)}>
						Remove…
					</Button>
				</>
			}
		>
			{stop.error && <ErrorNote error={stop.error} />}
			<Columns>
				<div>
					<Section title="What devices become" hint="When they first connect">
						<CaSettings ca={ca} />
					</Section>
				</div>
				<div>
					<Section title="The certificate">
						<Certificate ca={ca} />
					</Section>
					<Section title="Latest" hint="What was done to it" isFlush>
						<DeviceEvents prn={ca.prn} />
					</Section>
				</div>
			</Columns>
			{isGoing && <RemoveDialog ca={ca} onClose={() => setIsGoing(false)} />}
		</Page>
	);
}

function Certificate({ ca }: { ca: CaCertificate }): ReactNode {
	return (
		<Properties
			rows={{
				Subject: ca.subject,
				Serial: <code>{ca.serial}</code>,
				Fingerprint: (
					<>
						<code>{ca.fingerprint}</code> <Copy text={ca.fingerprint} label="Copy the fingerprint" />
					</>
				),
				Begins: <Time at={ca.not_before} />,
				Ends: <Time at={ca.not_after} />,
				PEM: <Copy text={ca.certificate} label="Copy the certificate" />,
				...(ca.warnings?.length ? { Flaws: ca.warnings.join(" ") } : {}),
			}}
		/>
	);
}

function RemoveDialog({ ca, onClose }: { ca: CaCertificate; onClose: () => void }): ReactNode {
	const navigate = useNavigate();
	const name = nameOfCa(ca);
	const remove = useMutation({
		mutationFn: () => change(() => api.DELETE("/v1/ca_certificates/{prn}", { params: { path: { prn: ca.prn } } })),
		onSuccess: async () => {
			await navigate({ to: "/settings/ca-certificates" });
			await queryClient.invalidateQueries({ queryKey: ["ca_certificate", "list"] });
			notify({ tone: "good", text: `${name} is removed.` });
		},
	});
	return (
		<ConfirmByTyping
			title={`Remove ${name}`}
			word={name}
			action="Remove"
			isOpen
			onClose={onClose}
			onConfirm={() => remove.mutate()}
			isBusy={remove.isPending}
			error={remove.error}
		>
			<p>No new device registers itself with it any more. Devices that are registered stay, and keep working.</p>
			<Command text={`peridio ca-certificates delete ${quoted(name)}`} />
		</ConfirmByTyping>
	);
}

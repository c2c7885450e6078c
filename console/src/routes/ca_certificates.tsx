import { useNavigate } from "@tanstack/react-router";
import { ShieldPlus } from "lucide-react";
import type { ReactNode } from "react";
import { usePermission } from "../api/permissions";
import { caColumns } from "../resources/ca_certificates/columns";
import { useCaCertificates } from "../resources/ca_certificates/queries";
import { Strangers } from "../resources/ca_certificates/strangers";
import { useReaches } from "../resources/people/reach";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { Section } from "../ui/page";
import { Table } from "../ui/table";
import { counted } from "../words/counts";
import { SettingsPage } from "./settings_page";

/** `/settings/ca-certificates`: the CAs whose devices may connect, and the settings for new devices. */
export function CaCertificatesPage(): ReactNode {
	const list = useCaCertificates();
	const { names } = useReaches();
	const mayCreate = usePermission("ca_certificates_create");
	const navigate = useNavigate();
	const open = (): void => void navigate({ to: "/settings/ca-certificates/new" });
	useAction("Register a CA certificate", open, mayCreate.allowed);
	const provisioning = list.rows?.filter(({ jitp }) => jitp).length ?? 0;
	const many = counted(list.rows?.length ?? 0, "CA certificate", "CA certificates", !list.pages.hasNextPage);
	const register = (
		<Button look="primary" permission={mayCreate} onPress={open}>
			<ShieldPlus size={16} aria-hidden /> Register a CA…
		</Button>
	);
	return (
		<SettingsPage
			title="CA certificates"
			sentence={list.rows ? `${many}. Devices of ${provisioning} register themselves.` : "\u00a0"}
			actions={register}
		>
			<Section title="Authorities" hint="Whose certificates devices may connect with" isFlush>
				<Table
					label="CA certificates"
					columns={caColumns(names)}
					{...list}
					rowKey={({ prn }) => prn}
					expected={3}
					empty={
						<Empty title="No CA certificates yet" actions={register}>
							A factory signs a certificate for each device that it makes. If you trust its CA, such a device registers
							itself when it first connects.
						</Empty>
					}
				/>
			</Section>
			<Section title="Refused within a day" hint="Certificates that were not accepted, with the reason" isFlush>
				<Strangers />
			</Section>
			<Command text="peridio ca-certificates list --output table" />
		</SettingsPage>
	);
}

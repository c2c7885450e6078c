import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { organizationQuery } from "../resources/organization/queries";
import { Quota } from "../resources/organization/quota";
import { OrganizationForm } from "../resources/organization/settings_form";
import { Copy } from "../ui/copy";
import { ErrorNote } from "../ui/error_note";
import { Columns, Section } from "../ui/page";
import { Properties } from "../ui/properties";
import { Time } from "../ui/time";
import { bytes } from "../words/counts";
import { SettingsPage } from "./settings_page";

/** `/settings/organization`: the settings of the whole organization. */
export function OrganizationPage(): ReactNode {
	const { data, error } = useQuery(organizationQuery);
	if (!data) {
		return (
			<SettingsPage title="Organization" sentence={"\u00a0"}>
				{error && <ErrorNote error={error} />}
			</SettingsPage>
		);
	}
	const limit = data.storage_quota ? ` of ${bytes(data.storage_quota)}` : "";
	return (
		<SettingsPage title="Organization" sentence={`${data.name}, with ${bytes(data.storage_used)}${limit} of content.`}>
			<Columns>
				<div>
					<Section title="Settings" hint="They count for all products">
						<OrganizationForm organization={data} />
					</Section>
				</div>
				<div>
					<Section title="Storage" hint="Content that is stored, or declared for uploads">
						<Quota organization={data} />
					</Section>
					<Section title="Its name in the API">
						<Properties
							rows={{
								PRN: (
									<>
										<code>{data.prn}</code> <Copy text={data.prn} label="Copy the PRN" />
									</>
								),
								Since: <Time at={data.inserted_at} />,
							}}
						/>
					</Section>
				</div>
			</Columns>
		</SettingsPage>
	);
}

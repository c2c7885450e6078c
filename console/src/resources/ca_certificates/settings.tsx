import type { ReactNode } from "react";
import { api, change } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { ifMatch } from "../../api/tagged";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Met } from "../../ui/edit/met";
import { type Revision, useEdit } from "../../ui/edit/use_edit";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { folded, quoted } from "../../words/commands";
import { ChangedBy } from "../events/changed_by";
import { useReaches } from "../people/reach";
import { jitpOf, type Provisioning, provisioningFlags, provisioningOf, REFUSED } from "./provisioning";
import { ProvisioningFields } from "./provisioning_fields";
import { caCertificateQuery, nameOfCa, type TaggedCa } from "./queries";

const LABELS = {
	product: "Product of new devices",
	cohort: "Cohort of new devices",
	tags: "Tags of new devices",
	identifierFrom: "Identifier of new devices",
	renewals: "Renewed certificates of known devices",
};

function revisionOf(ca: TaggedCa): Revision {
	return { values: { ...provisioningOf(ca) }, etag: ca.etag };
}

/** The settings for devices with certificates of this CA. */
export function CaSettings({ ca }: { ca: TaggedCa }): ReactNode {
	const mayUpdate = usePermission("ca_certificates_update");
	const { names } = useReaches();
	const editing = useEdit({
		from: revisionOf(ca),
		isStaying: true,
		reread: async () =>
			revisionOf((await queryClient.fetchQuery({ ...caCertificateQuery(ca.prn), staleTime: 0 })) ?? ca),
		save: async (_, etag) => {
			const body = { jitp: jitpOf(given, ca.jitp), renewals: given.renewals };
			const params = { path: { prn: ca.prn } };
			await change(() => api.PATCH("/v1/ca_certificates/{prn}", { params, body, headers: ifMatch(etag) }));
			await queryClient.invalidateQueries({ queryKey: ["ca_certificate"] });
			notify({ tone: "good", text: "Saved. It counts for the next device that connects." });
		},
	});
	const given: Provisioning = { ...REFUSED, ...editing.values };
	const set = (now: Provisioning): void => {
		for (const [field, value] of Object.entries(now)) if (value !== editing.values[field]) editing.set(field, value);
	};
	const jitp = given.product ? provisioningFlags(given, names) : " --no-jitp";
	const flags = ` --renewals ${given.renewals}${jitp}`;
	return (
		<Form
			label="What devices become"
			error={editing.error}
			onSubmit={editing.submit}
			actions={
				<Button type="submit" permission={mayUpdate} isBusy={editing.isBusy} isDisabled={editing.undecided > 0}>
					Save
				</Button>
			}
		>
			<Met editing={editing} labels={LABELS} by={<ChangedBy prn={ca.prn} />} />
			<ProvisioningFields given={given} onChange={set} />
			<Command text={folded(`peridio ca-certificates update ${quoted(nameOfCa(ca))}${flags}`)} />
		</Form>
	);
}

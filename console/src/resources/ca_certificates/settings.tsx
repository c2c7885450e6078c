import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { folded, quoted } from "../../words/commands";
import { useReaches } from "../people/reach";
import { jitpOf, provisioningFlags, provisioningOf } from "./provisioning";
import { ProvisioningFields } from "./provisioning_fields";
import { nameOfCa } from "./queries";

/** What becomes of devices with certificates of this CA, to be changed. */
export function CaSettings({ ca }: { ca: Schemas["CaCertificate"] }): ReactNode {
	const mayUpdate = usePermission("ca_certificates_update");
	const [given, setGiven] = useState(() => provisioningOf(ca));
	const { names } = useReaches();
	const update = useMutation({
		mutationFn: () => {
			const body = { jitp: jitpOf(given, ca.jitp), renewals: given.renewals };
			return change(() => api.PATCH("/v1/ca_certificates/{prn}", { params: { path: { prn: ca.prn } }, body }));
		},
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["ca_certificate"] });
			notify({ tone: "good", text: "Saved. It counts for the next device that connects." });
		},
	});
	const jitp = given.product ? provisioningFlags(given, names) : " --no-jitp";
	const flags = ` --renewals ${given.renewals}${jitp}`;
	return (
		<Form
			label="What devices become"
			error={update.error}
			onSubmit={() => update.mutate()}
			actions={
				<Button type="submit" permission={mayUpdate} isBusy={update.isPending}>
					Save
				</Button>
			}
		>
			<ProvisioningFields given={given} onChange={setGiven} />
			<Command text={folded(`peridio ca-certificates update ${quoted(nameOfCa(ca))}${flags}`)} />
		</Form>
	);
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { meQuery, queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { SelectField, TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";
import { cohortChoices } from "../../words/names";
import { cohortsQuery, productsQuery } from "../cohorts/queries";

/** The values of the choice: `organization`, or a PRN. */
const ALL = "organization";

function bodyOf(what: string, reason: string): Schemas["StopCreate"] {
	if (what === ALL) return { reason };
	return what.includes(":cohort:") ? { reason, cohort_prn: what } : { reason, product_prn: what };
}

function flagOf(what: string): string {
	if (what === ALL) return "";
	return what.includes(":cohort:") ? ` --cohort-prn ${what}` : ` --product-prn ${what}`;
}

/** Stops all updates at once. This is the only stop that asks for something: a reason, for people who find it later. */
export function StopDialog({ initially = ALL, onClose }: { initially?: string; onClose: () => void }): ReactNode {
	const [what, setWhat] = useState(initially);
	const [reason, setReason] = useState("");
	const { data: me } = useQuery(meQuery);
	const { data: products } = useQuery(productsQuery);
	const { data: cohorts } = useQuery(cohortsQuery);
	const stop = useMutation({
		mutationFn: () => change(() => api.POST("/v1/organization/stop", { body: bodyOf(what, reason) })),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["organization"] });
			notify({ tone: "good", text: "Stopped. No device there gets an update any more." });
			onClose();
		},
	});
	const options = [
		[ALL, `All of ${me?.user.organization_name ?? "the organization"}`] as const,
		...(products?.products.map(({ prn, name }) => [prn, `Product ${name}`] as const) ?? []),
		...cohortChoices(cohorts?.cohorts).map(([prn, path]) => [prn, `Cohort ${path}`] as const),
	];
	return (
		<Dialog title="Stop everything" isOpen onClose={onClose} isUrgent>
			<p>
				Within a second no device there gets an update any more, from any release or override. Devices that have
				downloaded one already may go on to install it. Releases and rollouts stay as they are.
			</p>
			<Form
				label="Stop everything"
				error={stop.error}
				onSubmit={() => stop.mutate()}
				actions={
					<>
						<Button type="submit" look="danger" isBusy={stop.isPending}>
							Stop now
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<SelectField label="What" name="what" value={what} onChange={setWhat} options={options} />
				<TextField
					label="Reason"
					name="reason"
					value={reason}
					onChange={setReason}
					isRequired
					maxLength={500}
					autoFocus
					help="Everybody sees it in the bar above each page."
				/>
				<Command text={`peridio organization stop${flagOf(what)} --reason ${quoted(reason || "…")}`} />
			</Form>
		</Dialog>
	);
}

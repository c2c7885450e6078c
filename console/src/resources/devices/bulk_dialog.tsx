import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../../api/client";
import { ApiError, isCode } from "../../api/errors";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { ErrorNote } from "../../ui/error_note";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { count, counted } from "../../words/counts";
import { begin, bulkOperationQuery, planQuery } from "../bulk_operations/queries";
import { useCohortName } from "../bulk_operations/words";
import { BULK_ACTIONS, type BulkAction, type BulkDraft, bodyOf, commandOf } from "./bulk_draft";
import { BulkFields } from "./bulk_fields";
import type { Chosen } from "./chosen";

interface BulkDialogProps {
	action: BulkAction;
	chosen: Chosen;
	onClose: () => void;
}

type Plan = Schemas["BulkOperationPlan"];

/** For more devices than this, the person must type their number. */
const MANY = 100;

/** The fields of the form. */
const FIELDS = ["cohort_prn", "tags"];

/** Whether a refusal is about one of the form's fields, so that it is shown there. */
function isAtField(error: unknown): boolean {
	return error instanceof ApiError && Object.keys(error.fields).some((field) => FIELDS.includes(field));
}

/** A change of many devices: first the change, then the number of devices as counted by the server, then the confirmation. */
export function BulkDialog({ action, chosen, onClose }: BulkDialogProps): ReactNode {
	const [draft, setDraft] = useState<BulkDraft>({ action, cohortPrn: "", tags: [] });
	const [typed, setTyped] = useState("");
	const navigate = useNavigate();
	const cohort = useCohortName()(draft.cohortPrn);
	const body = bodyOf(draft, chosen);
	const plan = useQuery(planQuery(body));
	const beginning = useMutation({
		mutationFn: ({ given, devices }: { given: Schemas["BulkOperationCreate"]; devices: number }) =>
			begin(given, devices),
		onSuccess: (begun) => {
			void queryClient.invalidateQueries({ queryKey: ["bulk_operation"] });
			queryClient.setQueryData(bulkOperationQuery(begun.prn).queryKey, begun);
			void navigate({ to: "/bulk_operations/$prn", params: { prn: begun.prn } });
		},
		onError: (error) => {
			setTyped("");
			if (isCode(error, "count_differs")) void plan.refetch();
		},
	});
	const planned = body && !plan.isError ? plan.data : undefined;
	const isConfirmed =
		planned !== undefined && (planned.count <= MANY || Number(typed.replace(/\D/g, "")) === planned.count);
	const { title, effect, verb } = BULK_ACTIONS[action];
	const many = planned ? devicesOf(planned) : "devices";
	return (
		<Dialog title={`${title} devices`} isOpen onClose={onClose}>
			<p>{effect}</p>
			{plan.error && !isAtField(plan.error) && <ErrorNote error={plan.error} title="This would be refused" />}
			<Form
				label={title}
				error={beginning.error ?? (isAtField(plan.error) ? plan.error : null)}
				onSubmit={() => body && isConfirmed && beginning.mutate({ given: body, devices: planned.count })}
				actions={
					<>
						<Button
							type="submit"
							look={action === "quarantine" ? "danger" : "primary"}
							isDisabled={!isConfirmed || planned.count === 0}
							isBusy={beginning.isPending}
						>
							{verb} {many}
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<BulkFields draft={draft} chosen={chosen} onChange={(change) => setDraft({ ...draft, ...change })} />
				{!plan.isError && <Reached plan={planned} isCounting={plan.isFetching} />}
				{planned && planned.count > MANY && (
					<TextField
						label={`Type ${count(planned.count)} to go on`}
						name="confirm_count"
						value={typed}
						onChange={setTyped}
						inputMode="numeric"
						autoComplete="off"
					/>
				)}
				<Command text={commandOf(draft, chosen, draft.cohortPrn && cohort, planned?.count)} />
			</Form>
		</Dialog>
	);
}

const devicesOf = ({ count: many, exact }: Plan): string => counted(many, "device", "devices", exact);

/** How many devices are affected. Space is reserved for it, so that the layout does not jump when the server has counted. */
function Reached({ plan, isCounting }: { plan: Plan | undefined; isCounting: boolean }): ReactNode {
	const words = plan
		? plan.count === 0
			? "No device matches that you may change."
			: `It is about ${devicesOf(plan)}, as the server counts them now. Nothing is changed yet.`
		: isCounting
			? "The server counts the devices…"
			: "\u00a0";
	return <p role="status">{words}</p>;
}

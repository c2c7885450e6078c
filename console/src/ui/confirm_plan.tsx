import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "./button";
import { Command } from "./copy";
import { Dialog } from "./dialog";
import { ErrorNote } from "./error_note";
import { Form } from "./form";

interface ConfirmPlanProps<Plan> {
	title: string;
	/** The effect, as sentences. */
	children?: ReactNode;
	action: string;
	/** Asks the server for the effect. */
	plan: () => Promise<Plan | null>;
	view: (plan: Plan) => ReactNode;
	/** Makes the change as planned. */
	apply: (plan: Plan | null) => Promise<unknown>;
	command: string;
	onDone: () => Promise<unknown> | undefined;
	onClose: () => void;
}

/** Shows the server's plan of a change before it is made. */
export function ConfirmPlan<Plan>(props: ConfirmPlanProps<Plan>): ReactNode {
	const plan = useQuery({
		queryKey: ["plan", props.command],
		queryFn: props.plan,
		staleTime: 0,
		gcTime: 0,
		retry: false,
	});
	const apply = useMutation({
		mutationFn: () => props.apply(plan.data ?? null),
		onSuccess: props.onDone,
		// The plan may be for an earlier state.
		onError: () => void plan.refetch(),
	});
	return (
		<Dialog title={props.title} isOpen onClose={props.onClose}>
			{props.children}
			{plan.error && <ErrorNote error={plan.error} title="This would be refused" />}
			{plan.data && props.view(plan.data)}
			<Form
				label={props.title}
				error={apply.error}
				onSubmit={() => apply.mutate()}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={apply.isPending} isDisabled={plan.isPending || plan.isError}>
							{props.action}
						</Button>
						<Button onPress={props.onClose}>Cancel</Button>
					</>
				}
			>
				<Command text={props.command} />
			</Form>
		</Dialog>
	);
}

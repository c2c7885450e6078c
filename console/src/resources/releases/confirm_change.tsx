import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { ErrorNote } from "../../ui/error_note";
import { Form } from "../../ui/form";
import { PlanView } from "./plan_view";
import type { ReleasePlan } from "./plans";

interface ConfirmChangeProps {
	title: string;
	/** What becomes of it, in sentences. */
	children: ReactNode;
	action: string;
	/** Asks the server what it would do. */
	plan: () => Promise<ReleasePlan | null>;
	/** Does it, if the graph is still the one that was planned for. */
	apply: (plan: ReleasePlan | null) => Promise<unknown>;
	command: string;
	onDone: () => void;
	onClose: () => void;
}

/** Says whom a change reaches, with the server's plan where it gives one, before it is made. */
export function ConfirmChange(props: ConfirmChangeProps): ReactNode {
	const plan = useQuery({
		queryKey: ["plan", props.command],
		queryFn: props.plan,
		staleTime: 0,
		gcTime: 0,
		retry: false,
	});
	const apply = useMutation({
		mutationFn: () => props.apply(plan.data ?? null),
		onSuccess: async () => {
			await forgetReleases();
			props.onDone();
		},
		// The graph may be another one by now: the next plan is for that.
		onError: () => void plan.refetch(),
	});
	return (
		<Dialog title={props.title} isOpen onClose={props.onClose}>
			{props.children}
			{plan.error && <ErrorNote error={plan.error} title="This would be refused" />}
			{plan.data && <PlanView plan={plan.data} />}
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

/** After a change of releases: graphs, lists and the release itself are asked for again. */
export function forgetReleases(): Promise<unknown> {
	return Promise.all([
		queryClient.invalidateQueries({ queryKey: ["release"] }),
		queryClient.invalidateQueries({ queryKey: ["cohort"] }),
	]);
}

import type { ReactNode } from "react";
import { queryClient } from "../../api/queries";
import { ConfirmPlan } from "../../ui/confirm_plan";
import { PlanView } from "./plan_view";
import type { ReleasePlan } from "./plans";

interface ConfirmChangeProps {
	title: string;
	/** The effect, as sentences. */
	children: ReactNode;
	action: string;
	/** Asks the server for the effect. */
	plan: () => Promise<ReleasePlan | null>;
	/** Makes the change if the graph is still the one that was planned for. */
	apply: (plan: ReleasePlan | null) => Promise<unknown>;
	command: string;
	onDone: () => void;
	onClose: () => void;
}

/** Shows the devices that a change of releases affects, with the server's plan if there is one, before the change is made. */
export function ConfirmChange({ onDone, ...rest }: ConfirmChangeProps): ReactNode {
	const done = async (): Promise<void> => {
		await forgetReleases();
		onDone();
	};
	return <ConfirmPlan {...rest} view={(plan) => <PlanView plan={plan} />} onDone={done} />;
}

/** After a change of releases, graphs, lists and the release itself are fetched again. */
export function forgetReleases(): Promise<unknown> {
	return Promise.all([
		queryClient.invalidateQueries({ queryKey: ["release"] }),
		queryClient.invalidateQueries({ queryKey: ["cohort"] }),
	]);
}

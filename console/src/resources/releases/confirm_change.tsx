import type { ReactNode } from "react";
import { queryClient } from "../../api/queries";
import { ConfirmPlan } from "../../ui/confirm_plan";
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

/** Says whom a change of releases reaches, with the server's plan where it gives one, before it is made. */
export function ConfirmChange({ onDone, ...rest }: ConfirmChangeProps): ReactNode {
	const done = async (): Promise<void> => {
		await forgetReleases();
		onDone();
	};
	return <ConfirmPlan {...rest} view={(plan) => <PlanView plan={plan} />} onDone={done} />;
}

/** After a change of releases: graphs, lists and the release itself are asked for again. */
export function forgetReleases(): Promise<unknown> {
	return Promise.all([
		queryClient.invalidateQueries({ queryKey: ["release"] }),
		queryClient.invalidateQueries({ queryKey: ["cohort"] }),
	]);
}

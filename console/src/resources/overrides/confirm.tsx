import type { ReactNode } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { ConfirmPlan } from "../../ui/confirm_plan";
import { counted } from "../../words/counts";
import { PlanWarnings } from "../releases/plan_view";

type Plan = Schemas["BundleOverridePlan"];
type PlannedCount = Schemas["PlannedCount"];

const trial = { dry_run: true } as const;

/** The effect of a new override. */
export async function planCreate(body: Schemas["BundleOverrideCreate"]): Promise<Plan | null> {
	const answered = await answer(api.POST("/v1/bundle_overrides", { params: { query: trial }, body }));
	return "plan" in answered ? answered.plan : null;
}

/** The effect of a change of an override. */
export async function planUpdate(prn: string, body: Schemas["BundleOverrideUpdate"]): Promise<Plan | null> {
	const params = { path: { prn }, query: trial };
	const answered = await answer(api.PATCH("/v1/bundle_overrides/{prn}", { params, body }));
	return "plan" in answered ? answered.plan : null;
}

interface ConfirmOverrideProps {
	title: string;
	action: string;
	plan: () => Promise<Plan | null>;
	apply: () => Promise<unknown>;
	command: string;
	/** The name of the bundle for its devices. */
	bundle: string;
	onDone: () => void;
	onClose: () => void;
}

/** Shows the affected devices before an override is created or changed. */
export function ConfirmOverride({ bundle, onDone, ...rest }: ConfirmOverrideProps): ReactNode {
	const done = async (): Promise<void> => {
		await queryClient.invalidateQueries({ queryKey: ["bundle_override"] });
		onDone();
	};
	return <ConfirmPlan {...rest} view={(plan) => <OverridePlan {...{ plan, bundle }} />} onDone={done} />;
}

/** "12 devices", or "about 12 devices" if some may have been counted twice. */
function devicesInWords({ count, exact }: PlannedCount): string {
	return `${exact ? "" : "about "}${counted(count, "device", "devices")}`;
}

const upper = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

function OverridePlan({ plan, bundle }: { plan: Plan; bundle: string }): ReactNode {
	const { devices_before: before, devices_after: after, warnings } = plan;
	return (
		<>
			<PlanWarnings warnings={warnings} />
			{after && (
				<p>
					<strong>{upper(devicesInWords(after))}</strong> would get the bundle <strong>{bundle}</strong> at once,
					instead of {after.count === 1 ? "its release" : "their releases"}.
					{before && before.count > 0 && ` Now the override reaches ${devicesInWords(before)}.`}
				</p>
			)}
		</>
	);
}

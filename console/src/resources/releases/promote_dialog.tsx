import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { SelectField, TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { flags, quoted } from "../../words/commands";
import { counted } from "../../words/counts";
import { cohortsQuery } from "../cohorts/queries";
import { forgetReleases } from "./confirm_change";
import { PlanView } from "./plan_view";
import { asPlanned, planCreate } from "./plans";

interface PromoteDialogProps {
	release: Schemas["Release"];
	product: string;
	cohort: string;
	onClose: () => void;
}

/** Releases the bundle of a release to another cohort of the product, as its latest release. */
export function PromoteDialog({ release, product, cohort, onClose }: PromoteDialogProps): ReactNode {
	const [to, setTo] = useState("");
	const [share, setShare] = useState("100");
	const navigate = useNavigate();
	const { data } = useQuery(cohortsQuery);
	const own = release.cohort?.product_prn;
	const cohorts =
		data?.cohorts.filter(({ prn, product_prn }) => product_prn === own && prn !== release.cohort_prn) ?? [];
	const chosen = cohorts.find(({ prn }) => prn === to);
	const body = bodyOf(release, to, Number(share) / 100);
	const plan = useQuery({
		queryKey: ["plan", "promote", release.prn, body],
		queryFn: () => planCreate(body),
		enabled: Boolean(to),
		gcTime: 0,
		retry: false,
	});
	const promote = useMutation({
		mutationFn: () => change(() => api.POST("/v1/releases", { body, ...asPlanned(plan.data) })),
		onSuccess: async () => {
			notify({ tone: "good", text: `${release.name} is released to ${chosen?.name ?? "the cohort"}.` });
			onClose();
			if (chosen) void navigate({ to: "/cohorts/$product/$cohort", params: { product, cohort: chosen.name } });
			await forgetReleases();
		},
	});
	const command = `peridio releases promote ${quoted(`${product}/${cohort}/${release.name}`)}${flags({
		to_cohort: `${product}/${chosen?.name ?? "…"}`,
		...(share === "100" ? {} : { phase_value: `${share}%` }),
	})}`;
	return (
		<Dialog title={`Promote ${release.name}`} isOpen onClose={onClose}>
			<p>Another cohort gets the same bundle, name, version and requirement, as its latest release.</p>
			<Form
				label="Promote"
				error={promote.error ?? plan.error}
				onSubmit={() => promote.mutate()}
				actions={
					<>
						<Button type="submit" look="primary" isDisabled={!to} isBusy={promote.isPending}>
							Promote
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<SelectField
					label="To cohort"
					name="cohort_prn"
					value={to}
					onChange={setTo}
					options={[["", "Choose a cohort"], ...cohorts.map(({ prn, name }) => [prn, name] as const)]}
				/>
				<TextField
					label="Per cent of its devices at first"
					name="phase_value"
					type="number"
					inputMode="numeric"
					value={share}
					onChange={setShare}
				/>
				{chosen && <p>{counted(chosen.device_count, "device is", "devices are")} in it.</p>}
				{plan.data && <PlanView plan={plan.data} />}
				<Command text={command} />
			</Form>
		</Dialog>
	);
}

function bodyOf(release: Schemas["Release"], cohort: string, share: number): Schemas["ReleaseCreate"] {
	return {
		cohort_prn: cohort,
		bundle_prn: release.bundle_prn,
		name: release.name,
		...(release.version ? { version: release.version } : {}),
		...(release.version_requirement ? { version_requirement: release.version_requirement } : {}),
		...(share === 1 ? {} : { phase_value: share }),
	};
}

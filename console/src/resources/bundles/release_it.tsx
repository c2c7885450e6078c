import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { useAction } from "../../shell/actions";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { SelectField } from "../../ui/field";
import { Form } from "../../ui/form";
import { Link } from "../../ui/link";
import { folded, quoted } from "../../words/commands";
import { counted } from "../../words/counts";
import { cohortChoices, cohortPath } from "../../words/names";
import { shortPrn } from "../../words/prns";
import { cohortsQuery } from "../cohorts/queries";

/** Releases a bundle to a cohort: the person chooses the cohort, and continues in the form of the release. */
export function ReleaseIt({ bundle }: { bundle: Schemas["Bundle"] }): ReactNode {
	const permission = usePermission("releases_create");
	const [isOpen, setIsOpen] = useState(false);
	const open = (): void => setIsOpen(true);
	useAction("Release it…", open, permission.allowed);
	return (
		<>
			<Button look="primary" permission={permission} onPress={open}>
				<Rocket size={16} aria-hidden />
				Release it…
			</Button>
			{isOpen && <CohortDialog bundle={bundle} onClose={() => setIsOpen(false)} />}
		</>
	);
}

function CohortDialog({ bundle, onClose }: { bundle: Schemas["Bundle"]; onClose: () => void }): ReactNode {
	const { data } = useQuery(cohortsQuery);
	const navigate = useNavigate();
	const [typed, setTyped] = useState<string | null>(null);
	const cohorts = data?.cohorts ?? [];
	const prn = typed ?? (cohorts.length === 1 ? cohorts[0]?.prn : "");
	const chosen = cohorts.find((each) => each.prn === prn);
	const name = bundle.name ?? shortPrn(bundle.prn);
	const product = chosen?.product?.name ?? "";
	const cohort = chosen ? cohortPath(chosen) : "…";
	const goOn = (): void => {
		if (!chosen) return;
		const params = { product, cohort: chosen.name };
		void navigate({ to: "/cohorts/$product/$cohort", params, search: { bundle: bundle.prn } });
	};
	return (
		<Dialog title={`Release ${name}`} isOpen onClose={onClose}>
			{data && cohorts.length === 0 ? (
				<p>
					There is no cohort to release it to yet. Make one of a product in <Link to="/releases">Releases</Link>.
				</p>
			) : (
				<p>A release gives it to the devices of a cohort, as its latest release. What that does is shown first.</p>
			)}
			<Form
				label="Release it"
				onSubmit={goOn}
				actions={
					<>
						<Button type="submit" look="primary" isDisabled={!chosen}>
							Go on
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<SelectField
					label="Cohort"
					name="cohort_prn"
					value={prn ?? ""}
					onChange={setTyped}
					options={[["", "Choose a cohort"], ...cohortChoices(cohorts)]}
					help={chosen && `It has ${counted(chosen.device_count, "device", "devices")}.`}
				/>
				<Command
					text={folded(
						`peridio releases create --cohort ${quoted(cohort)} --bundle ${quoted(bundle.name ?? bundle.prn)} --name ${quoted(name)}`,
					)}
				/>
			</Form>
		</Dialog>
	);
}

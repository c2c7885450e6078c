import { useQuery } from "@tanstack/react-query";
import { type ReactNode, Suspense, useState } from "react";
import { answer, api, change, type Schemas } from "../../api/client";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { SelectField, TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { TimeField } from "../../ui/widgets";
import { flags, folded, quoted } from "../../words/commands";
import { bundleName, cohortChoices, cohortPath } from "../../words/names";
import { shortPrn } from "../../words/prns";
import { wordsIn } from "../../words/typed";
import { cohortsQuery } from "../cohorts/queries";
import { bundleChoicesQuery } from "../releases/queries";
import { ConfirmOverride, planCreate } from "./confirm";

type Whom = "cohort" | "tags" | "devices";

interface Draft {
	name: string;
	bundle: string;
	whom: Whom;
	cohort: string;
	/** Tags or identifiers of devices, separated by spaces. */
	words: string;
	starts: string | null;
	ends: string | null;
}

const BLANK: Draft = { name: "", bundle: "", whom: "cohort", cohort: "", words: "", starts: null, ends: null };

/** The PRNs of devices, looked up by their identifiers. */
async function devicePrns(identifiers: string[]): Promise<string[]> {
	const found = await Promise.all(
		identifiers.map(async (identifier) => {
			const { devices } = await answer(api.GET("/v1/devices", { params: { query: { identifier, limit: 1 } } }));
			return devices[0]?.prn ?? identifier;
		}),
	);
	return found;
}

async function bodyOf(draft: Draft): Promise<Schemas["BundleOverrideCreate"]> {
	return {
		name: draft.name.trim(),
		bundle_prn: draft.bundle,
		...(draft.starts ? { starts_at: draft.starts } : {}),
		...(draft.ends ? { ends_at: draft.ends } : {}),
		...(draft.whom === "cohort" ? { cohort_prn: draft.cohort } : {}),
		...(draft.whom === "tags" ? { tags: wordsIn(draft.words) } : {}),
		...(draft.whom === "devices" ? { device_prns: await devicePrns(wordsIn(draft.words)) } : {}),
	};
}

function commandOf(draft: Draft, bundle: string | undefined, cohort: string | undefined): string {
	const each = draft.whom === "tags" ? "tag" : "device";
	const whom =
		draft.whom === "cohort"
			? ` --cohort ${quoted(cohort ?? "…")}`
			: wordsIn(draft.words)
					.map((word) => ` --${each} ${quoted(word)}`)
					.join("");
	const times = {
		...(draft.starts ? { starts_at: draft.starts } : {}),
		...(draft.ends ? { ends_at: draft.ends } : {}),
	};
	const what = flags({ name: draft.name || "…", bundle: bundle ?? "…" });
	return folded(`peridio bundle-overrides create${what}${whom}${flags(times)}`);
}

/** Gives a bundle to chosen devices for some time, instead of their releases: first the devices, then the effect. */
export function NewOverrideDialog({ onClose }: { onClose: () => void }): ReactNode {
	const [draft, setDraft] = useState(BLANK);
	const [isReviewed, setIsReviewed] = useState(false);
	const set = (given: Partial<Draft>): void => setDraft({ ...draft, ...given });
	const { data: bundles } = useQuery(bundleChoicesQuery);
	const { data: cohorts } = useQuery(cohortsQuery);
	const bundle = bundles?.bundles.find(({ prn }) => prn === draft.bundle);
	const cohort = cohorts?.cohorts.find(({ prn }) => prn === draft.cohort);
	const isReady = Boolean(draft.name.trim() && draft.bundle && (draft.whom === "cohort" ? draft.cohort : draft.words));
	const command = commandOf(draft, bundle?.name ?? bundle?.prn, cohort && cohortPath(cohort));
	if (isReviewed) {
		return (
			<ConfirmOverride
				title={`New override ${draft.name}`}
				action="Create"
				plan={async () => planCreate(await bodyOf(draft))}
				apply={async () => {
					const body = await bodyOf(draft);
					return change(() => api.POST("/v1/bundle_overrides", { body }));
				}}
				command={command}
				bundle={bundle?.name ?? shortPrn(draft.bundle)}
				onDone={() => {
					notify({ tone: "good", text: `${draft.name} is there.` });
					onClose();
				}}
				onClose={() => setIsReviewed(false)}
			/>
		);
	}
	return (
		<Dialog title="New override" isOpen onClose={onClose}>
			<p>The chosen devices get this bundle instead of their releases, when they next ask.</p>
			<Form
				label="New override"
				onSubmit={() => setIsReviewed(true)}
				actions={
					<>
						<Button type="submit" look="primary" isDisabled={!isReady}>
							Go on
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<TextField label="Name" name="name" value={draft.name} onChange={(name) => set({ name })} isRequired />
				<SelectField
					label="Bundle"
					name="bundle_prn"
					value={draft.bundle}
					onChange={(prn) => set({ bundle: prn })}
					options={[
						["", "Choose a bundle"],
						...(bundles?.bundles.map((each) => [each.prn, bundleName(each)] as const) ?? []),
					]}
				/>
				<WhomFields draft={draft} set={set} cohorts={cohorts?.cohorts ?? []} />
				<Suspense fallback={null}>
					<TimeField label="Begins" value={draft.starts} onChange={(starts) => set({ starts })} help="Empty: now." />
					<TimeField
						label="Ends"
						value={draft.ends}
						onChange={(ends) => set({ ends })}
						help="Empty: when somebody ends it."
					/>
				</Suspense>
				<Command text={command} />
			</Form>
		</Dialog>
	);
}

interface WhomFieldsProps {
	draft: Draft;
	set: (given: Partial<Draft>) => void;
	cohorts: readonly Schemas["Cohort"][];
}

function WhomFields({ draft, set, cohorts }: WhomFieldsProps): ReactNode {
	return (
		<>
			<SelectField
				label="For"
				name="whom"
				value={draft.whom}
				onChange={(whom) => set({ whom: whom === "tags" || whom === "devices" ? whom : "cohort", words: "" })}
				options={[
					["cohort", "All devices of a cohort"],
					["tags", "Devices with one of some tags"],
					["devices", "Single devices"],
				]}
			/>
			{draft.whom === "cohort" && (
				<SelectField
					label="Cohort"
					name="cohort_prn"
					value={draft.cohort}
					onChange={(prn) => set({ cohort: prn })}
					options={[["", "Choose a cohort"], ...cohortChoices(cohorts)]}
				/>
			)}
			{draft.whom === "tags" && (
				<TextField
					label="Tags"
					name="tags"
					value={draft.words}
					onChange={(words) => set({ words })}
					placeholder="lab beta"
					isMono
				/>
			)}
			{draft.whom === "devices" && (
				<TextField
					label="Identifiers"
					name="device_prns"
					value={draft.words}
					onChange={(words) => set({ words })}
					placeholder="SN-000042 SN-000043"
					isMono
				/>
			)}
		</>
	);
}

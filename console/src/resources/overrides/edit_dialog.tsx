import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { isStatus } from "../../api/errors";
import { ifMatch, tagged } from "../../api/tagged";
import { Dialog } from "../../ui/dialog";
import { type EditField, EditForm } from "../../ui/edit/edit_form";
import type { Values } from "../../ui/edit/merge";
import type { Revision } from "../../ui/edit/use_edit";
import { notify } from "../../ui/toasts";
import { flags, folded, quoted } from "../../words/commands";
import { bundleName, cohortChoices } from "../../words/names";
import { wordsIn } from "../../words/typed";
import { cohortsQuery } from "../cohorts/queries";
import { ChangedBy } from "../events/changed_by";
import { bundleChoicesQuery } from "../releases/queries";
import { ConfirmOverride, planUpdate } from "./confirm";

type Override = Schemas["BundleOverride"];
type Options = readonly (readonly [string, string])[];

async function readOverride(prn: string): Promise<Revision> {
	const { bundle_override: override, etag } = await tagged(
		api.GET("/v1/bundle_overrides/{prn}", { params: { path: { prn } } }),
	);
	const { name, description, bundle_prn, starts_at, ends_at, tags, cohort_prn } = override;
	const values = {
		name,
		bundle_prn,
		starts_at,
		ends_at: ends_at ?? "",
		description: description ?? "",
		...(tags ? { tags: tags.join(" ") } : {}),
		...(cohort_prn ? { cohort_prn } : {}),
	};
	return { values, etag };
}

function bodyOf({ tags, ...texts }: Values): Schemas["BundleOverrideUpdate"] {
	const body = Object.fromEntries(Object.entries(texts).map(([field, value]) => [field, value || null]));
	return { ...body, ...(tags === undefined ? {} : { tags: wordsIn(tags) }) };
}

function fieldsOf({ values }: Revision, bundles: Options, cohorts: Options): EditField[] {
	return [
		{ name: "name", label: "Name", isRequired: true },
		{ name: "bundle_prn", label: "Bundle", kind: "choice", options: bundles },
		...("tags" in values ? [{ name: "tags", label: "Tags", kind: "mono" } as const] : []),
		...("cohort_prn" in values
			? [{ name: "cohort_prn", label: "Cohort", kind: "choice", options: cohorts } as const]
			: []),
		{ name: "starts_at", label: "Begins", kind: "time" },
		{ name: "ends_at", label: "Ends", kind: "time", help: "Empty: when somebody ends it." },
		{ name: "description", label: "Notes", kind: "lines" },
	];
}

interface EditOverrideProps {
	override: Override;
	onClose: () => void;
}

/** The dialog, after the override was read. */
export function EditOverride(props: EditOverrideProps): ReactNode {
	const { prn } = props.override;
	const { data } = useQuery({
		queryKey: ["bundle_override", "form", prn],
		queryFn: () => readOverride(prn),
		staleTime: Infinity,
		gcTime: 0,
	});
	return data ? <EditOverrideDialog {...props} from={data} /> : null;
}

/** The change in the form, which waits until the person has seen its plan. */
interface Review {
	changes: Values;
	etag: string | null;
	/** Continues the form: it stays open if there is nothing more to say. */
	end: () => void;
	refuse: (error: unknown) => void;
}

function useChoices({ bundle, bundle_prn }: Override) {
	const { data: bundles } = useQuery(bundleChoicesQuery);
	const { data: cohorts } = useQuery(cohortsQuery);
	const choices = new Map(bundles?.bundles.map((each) => [each.prn, bundleName(each)]));
	if (!choices.has(bundle_prn)) choices.set(bundle_prn, bundleName({ prn: bundle_prn, name: bundle?.name ?? null }));
	return {
		bundles: choices,
		cohorts: new Map(cohortChoices(cohorts?.cohorts)),
	};
}

function commandOf(name: string, changes: Values, { bundles, cohorts }: ReturnType<typeof useChoices>): string {
	const { bundle_prn: bundle, cohort_prn: cohort, tags, ...texts } = changes;
	const named = {
		...texts,
		...(bundle ? { bundle: bundles.get(bundle) ?? bundle } : {}),
		...(cohort ? { cohort: cohorts.get(cohort) ?? cohort } : {}),
	};
	const each = wordsIn(tags ?? "").map((tag) => ` --tag ${quoted(tag)}`);
	return folded(`peridio bundle-overrides update ${quoted(name)}${flags(named)}${each.join("")}`);
}

/** Changes an override: first the change, then the affected devices. If somebody else changed it in the meantime, the form says so. */
function EditOverrideDialog({ override, from, onClose }: EditOverrideProps & { from: Revision }): ReactNode {
	const { prn, name } = override;
	const [review, setReview] = useState<Review | null>(null);
	const choices = useChoices(override);
	const wait = (changes: Values, etag: string | null): Promise<void> =>
		new Promise((resolve, refuse) => setReview({ changes, etag, end: resolve, refuse }));
	const commandFor = (changes: Values): string => commandOf(name, changes, choices);
	return (
		<>
			<Dialog title={`Edit ${name}`} isOpen onClose={onClose}>
				<EditForm
					label="Edit override"
					fields={fieldsOf(from, [...choices.bundles], [...choices.cohorts])}
					from={from}
					save={wait}
					reread={() => readOverride(prn)}
					by={<ChangedBy prn={prn} />}
					action="Go on"
					onClose={onClose}
					commandOf={commandFor}
				/>
			</Dialog>
			{review && (
				<ReviewDialog
					{...{ override, review, choices }}
					command={commandFor(review.changes)}
					onBack={() => setReview(null)}
					onDone={onClose}
				/>
			)}
		</>
	);
}

interface ReviewDialogProps {
	override: Override;
	review: Review;
	choices: ReturnType<typeof useChoices>;
	command: string;
	onBack: () => void;
	onDone: () => void;
}

function ReviewDialog({ override, review, choices, command, onBack, onDone }: ReviewDialogProps): ReactNode {
	const { prn, name, bundle_prn } = override;
	const { changes, etag, end, refuse } = review;
	const body = bodyOf(changes);
	const apply = async (): Promise<void> => {
		const params = { path: { prn } };
		try {
			await change(() => api.PATCH("/v1/bundle_overrides/{prn}", { params, body, headers: ifMatch(etag) }));
		} catch (error) {
			if (isStatus(error, 412)) {
				// The form merges both changes.
				onBack();
				refuse(error);
			}
			throw error;
		}
	};
	return (
		<ConfirmOverride
			title={`Change ${name}`}
			action="Save"
			plan={() => planUpdate(prn, body)}
			apply={apply}
			command={command}
			bundle={choices.bundles.get(changes.bundle_prn ?? bundle_prn) ?? ""}
			onDone={() => {
				notify({ tone: "good", text: `${changes.name ?? name} is changed.` });
				end();
				onDone();
			}}
			onClose={() => {
				onBack();
				end();
			}}
		/>
	);
}

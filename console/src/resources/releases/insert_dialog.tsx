import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { SelectField, TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { flags } from "../../words/commands";
import { bundleName } from "../../words/names";
import { ConfirmChange } from "./confirm_change";
import { asPlanned, planCreate } from "./plans";
import { bundleChoicesQuery } from "./queries";
import { useSuggestion } from "./suggestion";

/** A release before or after the new one. */
interface Neighbour {
	release_prn: string;
	name: string;
}

/** The place of a new release in a cohort's graph. */
export interface Place {
	previous: Neighbour | null;
	next: Neighbour | null;
}

export function placeInWords({ previous, next }: Place): string {
	if (previous && next) return `between ${previous.name} and ${next.name}`;
	if (next) return `before ${next.name}, as a first release`;
	return previous ? `after ${previous.name}, as the latest` : "as the first one of this cohort";
}

interface InsertDialogProps {
	cohort: Schemas["Cohort"];
	/** The cohort as written in commands: `gateway/daily`. */
	cohortName: string;
	place: Place;
	/** The PRN of a bundle that is already chosen. */
	bundle?: string | undefined;
	onClose: () => void;
	onDone: (release: string) => void;
}

interface Draft {
	bundle: string;
	name: string;
	version: string;
	requirement: string;
	isRequired: boolean;
}

const BLANK: Draft = { bundle: "", name: "", version: "", requirement: "", isRequired: false };

/** The neighbours that the API needs. At the end of the graph, it finds them itself. */
function neighboursOf({
	previous,
	next,
}: Place): Pick<Schemas["ReleaseCreate"], "next_release_prn" | "previous_release_prn"> {
	if (!next) return {};
	return { next_release_prn: next.release_prn, ...(previous ? { previous_release_prn: previous.release_prn } : {}) };
}

function bodyOf(cohort: string, draft: Draft, place: Place): Schemas["ReleaseCreate"] {
	return {
		cohort_prn: cohort,
		bundle_prn: draft.bundle,
		name: draft.name.trim(),
		...(draft.version ? { version: draft.version.trim() } : {}),
		...(draft.requirement ? { version_requirement: draft.requirement.trim() } : {}),
		...(draft.isRequired ? { required: true } : {}),
		...neighboursOf(place),
	};
}

function commandOf(cohort: string, bundle: string, draft: Draft, { previous, next }: Place): string {
	const given = {
		cohort,
		bundle,
		name: draft.name || "…",
		...(draft.version ? { version: draft.version } : {}),
		...(draft.requirement ? { version_requirement: draft.requirement } : {}),
		...(draft.isRequired ? { required: "true" } : {}),
		...(next ? { next_release: `${cohort}/${next.name}` } : {}),
		...(next && previous ? { previous_release: `${cohort}/${previous.name}` } : {}),
	};
	return `peridio releases create${flags(given)}`;
}

/** Creates a release at a place in the graph: first its properties, then its effect. */
export function InsertDialog(props: InsertDialogProps): ReactNode {
	const { cohort, cohortName, place, onClose, onDone } = props;
	const suggested = useSuggestion(props.bundle);
	const [typed, setDraft] = useState<Partial<Draft>>({});
	const draft = { ...BLANK, ...suggested, ...typed };
	const [isReviewed, setIsReviewed] = useState(false);
	const { data } = useQuery(bundleChoicesQuery);
	const bundles = withChosen(data?.bundles, suggested);
	const bundle = bundles.find(({ prn }) => prn === draft.bundle);
	const command = commandOf(cohortName, bundle?.name ?? (draft.bundle || "…"), draft, place);
	const body = bodyOf(cohort.prn, draft, place);
	const title = `New release ${placeInWords(place)}`;
	if (isReviewed) {
		return (
			<ConfirmChange
				title={title}
				action="Release it"
				plan={() => planCreate(body)}
				apply={(plan) => change(() => api.POST("/v1/releases", { body, ...asPlanned(plan) }))}
				command={command}
				onDone={() => {
					notify({ tone: "good", text: `${draft.name} is released.` });
					onDone(draft.name);
				}}
				onClose={() => setIsReviewed(false)}
			>
				<Links name={draft.name} place={place} />
			</ConfirmChange>
		);
	}
	return (
		<Dialog title={title} isOpen onClose={onClose}>
			<Form
				label="New release"
				onSubmit={() => setIsReviewed(true)}
				actions={
					<>
						<Button type="submit" look="primary" isDisabled={!draft.bundle || !draft.name.trim()}>
							Go on
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<Fields draft={draft} bundles={bundles} onChange={(given) => setDraft({ ...typed, ...given })} />
				<Command text={command} />
			</Form>
		</Dialog>
	);
}

interface FieldsProps {
	draft: Draft;
	bundles: readonly Pick<Schemas["Bundle"], "prn" | "name">[];
	onChange: (given: Partial<Draft>) => void;
}

/** The newest bundles, and the chosen one if it is older. */
function withChosen(
	newest: readonly Schemas["Bundle"][] = [],
	{ bundle, name }: Partial<Draft>,
): FieldsProps["bundles"] {
	if (!bundle || newest.some(({ prn }) => prn === bundle)) return newest;
	return [{ prn: bundle, name: name || null }, ...newest];
}

function Fields({ draft, bundles, onChange }: FieldsProps): ReactNode {
	const options = bundles.map((each) => [each.prn, bundleName(each)] as const);
	return (
		<>
			<SelectField
				label="Bundle"
				name="bundle_prn"
				value={draft.bundle}
				onChange={(bundle) => onChange({ bundle })}
				options={[["", "Choose a bundle"], ...options]}
				help="What its devices install."
			/>
			<TextField
				label="Name"
				name="name"
				value={draft.name}
				onChange={(name) => onChange({ name })}
				autoComplete="off"
				isRequired
			/>
			<TextField
				label="Version"
				name="version"
				value={draft.version}
				onChange={(version) => onChange({ version })}
				help="Devices that report only a version get it if theirs is older."
				placeholder="2.1.0"
				isMono
			/>
			<TextField
				label="For devices that run"
				name="version_requirement"
				value={draft.requirement}
				onChange={(requirement) => onChange({ requirement })}
				placeholder=">= 2.0.0 and < 3.0.0"
				isMono
			/>
			<SelectField
				label="May devices skip it?"
				name="required"
				value={draft.isRequired ? "yes" : "no"}
				onChange={(value) => onChange({ isRequired: value === "yes" })}
				options={[
					["no", "Yes, on the way to a later one"],
					["yes", "No, all must install it first"],
				]}
			/>
		</>
	);
}

/** The future links in the graph, from what the page knows. */
function Links({ name, place: { previous, next } }: { name: string; place: Place }): ReactNode {
	const path = [previous?.name, name, next?.name].filter(Boolean).join(" → ");
	return (
		<p>
			Then the path is <strong>{path}</strong>
			{next ? "." : ", the latest release."}
		</p>
	);
}

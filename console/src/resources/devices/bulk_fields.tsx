import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Checks } from "../../ui/checks";
import { SelectField, TextField } from "../../ui/field";
import { counted } from "../../words/counts";
import { cohortChoices } from "../../words/names";
import { cohortsQuery } from "../cohorts/queries";
import { type BulkDraft, tagsOf } from "./bulk_draft";
import type { Chosen } from "./chosen";
import { tagsQuery } from "./queries";

interface BulkFieldsProps {
	draft: BulkDraft;
	chosen: Chosen;
	onChange: (change: Partial<BulkDraft>) => void;
}

/** The parameters of an action: the cohort, or the tags. */
export function BulkFields({ draft, chosen, onChange }: BulkFieldsProps): ReactNode {
	if (draft.action === "move") return <CohortField draft={draft} onChange={onChange} />;
	if (draft.action === "tag") return <TagsField onChange={onChange} />;
	return draft.action === "untag" ? <TagChoice draft={draft} chosen={chosen} onChange={onChange} /> : null;
}

function CohortField({ draft, onChange }: Omit<BulkFieldsProps, "chosen">): ReactNode {
	const { data } = useQuery(cohortsQuery);
	return (
		<SelectField
			label="Cohort"
			name="cohort_prn"
			value={draft.cohortPrn}
			onChange={(cohortPrn) => onChange({ cohortPrn })}
			options={[["", "Choose a cohort"], ...cohortChoices(data?.cohorts)]}
		/>
	);
}

/** How long the form waits for more input before it asks the server. */
const PAUSE = 300;

function TagsField({ onChange }: Pick<BulkFieldsProps, "onChange">): ReactNode {
	const [text, setText] = useState("");
	const newest = useRef(onChange);
	newest.current = onChange;
	useEffect(() => {
		const timer = window.setTimeout(() => newest.current({ tags: tagsOf(text) }), text ? PAUSE : 0);
		return () => window.clearTimeout(timer);
	}, [text]);
	return (
		<TextField
			label="Tags"
			name="tags"
			help="One or several, with spaces between them"
			value={text}
			onChange={setText}
			isMono
			autoFocus
			autoComplete="off"
		/>
	);
}

/** The tags of the selected devices, with the number of devices for each. */
function useTagsOf(chosen: Chosen): readonly (readonly [string, number])[] | undefined {
	const { data } = useQuery({
		...tagsQuery(chosen.which === "all" ? chosen.search : ""),
		enabled: chosen.which === "all",
	});
	if (chosen.which === "all") return data?.map(({ value, devices }) => [value ?? "", devices] as const);
	const many = new Map<string, number>();
	for (const tag of chosen.devices.flatMap(({ tags }) => tags)) many.set(tag, (many.get(tag) ?? 0) + 1);
	return [...many].sort(([, one], [, other]) => other - one);
}

function TagChoice({ draft, chosen, onChange }: BulkFieldsProps): ReactNode {
	const tags = useTagsOf(chosen);
	return (
		<Checks
			legend="Tags"
			chosen={draft.tags}
			onChange={(given) => onChange({ tags: given })}
			options={(tags ?? [])
				.filter(([tag]) => tag !== "")
				.map(([tag, devices]) => [tag, `${tag} (${counted(devices, "device", "devices")})`] as const)}
			empty={tags ? "None of these devices has a tag." : "\u00a0"}
		/>
	);
}

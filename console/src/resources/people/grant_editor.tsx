import { Plus, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button";
import { Checks } from "../../ui/checks";
import { SelectField } from "../../ui/field";
import { ALL_SCOPES, GRANT_CHOICES, type GrantDraft, newDraft, SINGLE } from "./grant_draft";
import styles from "./grant_editor.module.css";
import { useReaches } from "./reach";

interface GrantEditorProps {
	drafts: readonly GrantDraft[];
	onChange: (drafts: GrantDraft[]) => void;
	/** Whether several grants with their own limits are possible. A key has only one. */
	isSingle?: boolean;
}

/** Edits permissions and their limits. */
export function GrantEditor({ drafts, onChange, isSingle }: GrantEditorProps): ReactNode {
	const set = (index: number, draft: GrantDraft): void =>
		onChange(drafts.map((each, place) => (place === index ? draft : each)));
	return (
		<div className={styles.grants}>
			{drafts.map((draft, index) => (
				<OneGrant
					// biome-ignore lint/suspicious/noArrayIndexKey: a draft has no name, and is only added and removed at its place
					key={index}
					draft={draft}
					onChange={(next) => set(index, next)}
					onRemove={drafts.length > 1 ? () => onChange(drafts.filter((_, place) => place !== index)) : undefined}
					number={drafts.length > 1 ? index + 1 : undefined}
				/>
			))}
			{!isSingle && (
				<p>
					<Button size="small" look="quiet" onPress={() => onChange([...drafts, newDraft()])}>
						<Plus size={14} aria-hidden /> Another role
					</Button>
				</p>
			)}
		</div>
	);
}

interface OneGrantProps {
	draft: GrantDraft;
	onChange: (draft: GrantDraft) => void;
	onRemove: (() => void) | undefined;
	number: number | undefined;
}

function OneGrant({ draft, onChange, onRemove, number }: OneGrantProps): ReactNode {
	const { choices } = useReaches();
	const after = number ? ` ${number}` : "";
	return (
		<div className={styles.grant}>
			<div className={styles.row}>
				<SelectField
					label={`Role${after}`}
					name="role"
					value={draft.role}
					onChange={(role) => onChange({ ...draft, role })}
					options={GRANT_CHOICES}
				/>
				<SelectField
					label={`Reach${after}`}
					name="reach"
					value={draft.isWhole ? "all" : "some"}
					onChange={(reach) => onChange({ ...draft, isWhole: reach === "all" })}
					options={[
						["all", "The whole organization"],
						["some", "Some products or cohorts"],
					]}
				/>
				{onRemove && (
					<Button look="quiet" onPress={onRemove} aria-label={`Remove role${after}`}>
						<Trash2 size={16} aria-hidden />
					</Button>
				)}
			</div>
			{draft.role === SINGLE && (
				<Checks
					legend="Scopes"
					options={ALL_SCOPES.map((scope) => [scope, scope] as const)}
					chosen={draft.scopes}
					onChange={(scopes) => onChange({ ...draft, scopes })}
					isMono
				/>
			)}
			{!draft.isWhole && (
				<Checks
					legend={`Only in${after}`}
					options={choices}
					chosen={draft.reach}
					onChange={(reach) => onChange({ ...draft, reach })}
					empty="There are no products yet."
				/>
			)}
		</div>
	);
}

import { Users } from "lucide-react";
import type { ReactNode } from "react";
import type { Conflict } from "./merge";
import styles from "./met.module.css";
import type { Editing } from "./use_edit";

interface MetProps {
	editing: Editing;
	/** The labels of the fields in the form. */
	labels: Readonly<Record<string, string>>;
	/** Who changed it, and when. */
	by?: ReactNode;
}

/** Shown if somebody else changed the record while the form was open: the values taken over from them, and the conflicts to decide. */
export function Met({ editing, labels, by }: MetProps): ReactNode {
	const { met } = editing;
	if (!met) return null;
	const taken = met.taken.map((field) => labels[field] ?? field);
	return (
		<section className={styles.met} aria-label="Changed by somebody else" role="alert">
			<p className={styles.head}>
				<Users size={16} aria-hidden />
				<strong>Somebody else changed it meanwhile</strong>
				{by && <span className={styles.by}>{by}</span>}
			</p>
			{taken.length > 0 && <p>Taken over from them: {taken.join(", ")}.</p>}
			{met.conflicts.length > 0 && <p>Both of you changed this. Choose which stays:</p>}
			{met.conflicts.map((conflict) => (
				<Choice
					key={conflict.field}
					conflict={conflict}
					label={labels[conflict.field] ?? conflict.field}
					{...{ editing }}
				/>
			))}
			{editing.undecided === 0 && <p>Nothing is saved yet.</p>}
		</section>
	);
}

function Choice({ conflict, label, editing }: { conflict: Conflict; label: string; editing: Editing }): ReactNode {
	const { field, mine, theirs } = conflict;
	const chosen = editing.decided.has(field) ? editing.values[field] : undefined;
	return (
		<fieldset className={styles.choice}>
			<legend>{label}</legend>
			{(
				[
					["Yours", mine],
					["Theirs", theirs],
				] as const
			).map(([whose, value]) => (
				<label key={whose} className={styles.side}>
					<input
						type="radio"
						name={`choice-${field}`}
						checked={chosen === value}
						onChange={() => editing.decide(field, value)}
					/>
					<span>
						<span className={styles.whose}>{whose}</span>
						<span className={styles.value}>{value || "nothing"}</span>
					</span>
				</label>
			))}
		</fieldset>
	);
}

// Merges the changes of two people to one record.

/** The fields of a record in a form. An empty text means no value. */
export type Values = Readonly<Record<string, string>>;

/** A field that both changed to different values. */
export interface Conflict {
	field: string;
	mine: string;
	theirs: string;
}

export interface Merged {
	/** The values to continue with: theirs if only they changed the field, otherwise mine. */
	values: Values;
	/** Fields that only they changed. */
	taken: readonly string[];
	conflicts: readonly Conflict[];
}

/** The fields that differ, with their new values. */
export function changesOf(before: Values, after: Values): Values {
	return Object.fromEntries(Object.entries(after).filter(([field, value]) => value !== before[field]));
}

/** Merges both changes of `base`. */
export function merge(base: Values, mine: Values, theirs: Values): Merged {
	const values: Record<string, string> = { ...mine };
	const taken: string[] = [];
	const conflicts: Conflict[] = [];
	for (const [field, value] of Object.entries(changesOf(base, theirs))) {
		const own = mine[field] ?? "";
		if (own === base[field]) {
			values[field] = value;
			taken.push(field);
		} else if (own !== value) conflicts.push({ field, mine: own, theirs: value });
	}
	return { values, taken, conflicts };
}

// The state of a form for a record that others may change at the same time.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { isStatus } from "../../api/errors";
import { changesOf, type Merged, merge, type Values } from "./merge";

/** A record in a form, at one revision. */
export interface Revision {
	values: Values;
	etag: string | null;
}

export interface Editing {
	values: Values;
	changes: Values;
	isChanged: boolean;
	set: (field: string, value: string) => void;
	submit: () => void;
	isBusy: boolean;
	error: unknown;
	/** What somebody else changed since the form was opened; nothing while that is unknown. */
	met: Merged | null;
	/** The conflicts that must be decided before the form can be sent. */
	undecided: number;
	decide: (field: string, value: string) => void;
	decided: ReadonlySet<string>;
}

interface EditOptions {
	/** The values when the form was opened. */
	from: Revision;
	save: (changes: Values, etag: string | null) => Promise<unknown>;
	/** Reads the record again after a refusal with 412. */
	reread?: (() => Promise<Revision>) | undefined;
	/** Whether the form stays open after it was sent: then it shows the current record, as long as nothing is typed. */
	isStaying?: boolean;
}

export function useEdit({ from, save, reread, isStaying = false }: EditOptions): Editing {
	const [base, setBase] = useState(from);
	const [values, setValues] = useState<Values>(from.values);
	const [met, setMet] = useState<Merged | null>(null);
	const [decided, setDecided] = useState<ReadonlySet<string>>(new Set());
	const changes = changesOf(base.values, values);
	const isChanged = Object.keys(changes).length > 0;
	if (isStaying && from.etag !== base.etag && !isChanged) {
		setBase(from);
		setValues(from.values);
		setMet(null);
	}
	const set = (field: string, value: string): void => setValues((now) => ({ ...now, [field]: value }));
	const send = useMutation({
		mutationFn: async () => {
			try {
				return await save(changes, base.etag);
			} catch (error) {
				if (!reread || !isStatus(error, 412)) throw error;
				const theirs = await reread();
				const both = merge(base.values, values, theirs.values);
				setBase(theirs);
				setValues(both.values);
				setMet(both);
				setDecided(new Set());
				throw error;
			}
		},
		// The record was read again in the meantime, with another revision.
		onSuccess: () => isStaying && setBase({ values, etag: null }),
	});
	const isMet = met !== null && isStatus(send.error, 412);
	return {
		values,
		changes,
		isChanged,
		set,
		submit: () => send.mutate(),
		isBusy: send.isPending,
		error: isMet ? null : send.error,
		met,
		undecided: met ? met.conflicts.filter(({ field }) => !decided.has(field)).length : 0,
		decide: (field, value) => {
			set(field, value);
			setDecided((now) => new Set(now).add(field));
		},
		decided,
	};
}

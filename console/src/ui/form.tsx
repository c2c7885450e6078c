import type { FormEvent, ReactNode } from "react";
import { ApiError } from "../api/errors";
import { ErrorNote } from "./error_note";
import { FieldProblems } from "./field";
import styles from "./form.module.css";

interface FormProps {
	children: ReactNode;
	/** What to do with the values, by the fields' names. */
	onSubmit: (values: Record<string, string>) => void;
	/** What went wrong the last time. What is about a field stands at the field, the rest above the buttons. */
	error?: unknown;
	/** The buttons, the one that sends first. */
	actions: ReactNode;
	label?: string;
}

function valuesOf(event: FormEvent<HTMLFormElement>): Record<string, string> {
	const entries = new FormData(event.currentTarget).entries();
	return Object.fromEntries([...entries].map(([name, value]) => [name, typeof value === "string" ? value : ""]));
}

/** A form whose errors stand where they belong. Nothing that was typed is lost when it is refused. */
export function Form({ children, onSubmit, error, actions, label }: FormProps): ReactNode {
	const fields = error instanceof ApiError ? error.fields : {};
	const isElsewhere = error !== null && error !== undefined && Object.keys(fields).length === 0;
	return (
		<FieldProblems value={fields}>
			<form
				className={styles.form}
				aria-label={label}
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					onSubmit(valuesOf(event));
				}}
			>
				{children}
				{isElsewhere && <ErrorNote error={error} />}
				<div className={styles.actions}>{actions}</div>
			</form>
		</FieldProblems>
	);
}

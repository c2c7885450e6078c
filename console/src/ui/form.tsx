import type { FormEvent, ReactNode } from "react";
import { ApiError } from "../api/errors";
import { ErrorNote } from "./error_note";
import { FieldProblems } from "./field";
import styles from "./form.module.css";

interface FormProps {
	children: ReactNode;
	/** Called with the values, by the fields' names. */
	onSubmit: (values: Record<string, string>) => void;
	/** The last error. Errors about a field are shown at the field, others above the buttons. */
	error?: unknown;
	/** The buttons. The one that sends the form comes first. */
	actions: ReactNode;
	label?: string;
}

function valuesOf(event: FormEvent<HTMLFormElement>): Record<string, string> {
	const entries = new FormData(event.currentTarget).entries();
	return Object.fromEntries([...entries].map(([name, value]) => [name, typeof value === "string" ? value : ""]));
}

/** A form that shows errors at its fields. A refusal loses nothing that was typed. */
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

import { type ReactNode, Suspense } from "react";
import { Button } from "../button";
import { Command } from "../copy";
import { SelectField, TextAreaField, TextField } from "../field";
import { Form } from "../form";
import { TimeField } from "../widgets";
import type { Values } from "./merge";
import { Met } from "./met";
import { type Revision, useEdit } from "./use_edit";

/** A field of a record: its name in the API, and how it is edited. */
export interface EditField {
	name: string;
	label: string;
	help?: string;
	kind?: "line" | "mono" | "lines" | "time" | "choice";
	/** For a choice: the values and their labels. */
	options?: readonly (readonly [string, string])[];
	isRequired?: boolean;
}

interface EditFormProps {
	label: string;
	fields: readonly EditField[];
	from: Revision;
	save: (changes: Values, etag: string | null) => Promise<unknown>;
	reread?: () => Promise<Revision>;
	/** Who last changed the record, and when. Shown if that was somebody else in the meantime. */
	by?: ReactNode;
	action: string;
	onClose: () => void;
	/** The same as a command. */
	commandOf: (changes: Values) => string;
}

/** The form to create or change a record. If somebody else changes it in the meantime, neither change is lost. */
export function EditForm(props: EditFormProps): ReactNode {
	const { fields, from, save, reread, onClose } = props;
	const editing = useEdit({ from, save, reread });
	const labels = Object.fromEntries(fields.map(({ name, label }) => [name, label]));
	return (
		<Form
			label={props.label}
			error={editing.error}
			onSubmit={editing.submit}
			actions={
				<>
					<Button
						type="submit"
						look="primary"
						isBusy={editing.isBusy}
						isDisabled={editing.undecided > 0 || (!editing.isChanged && Boolean(reread))}
					>
						{props.action}
					</Button>
					<Button onPress={onClose}>Cancel</Button>
				</>
			}
		>
			<Met editing={editing} labels={labels} by={props.by} />
			{fields.map((field) => (
				<Field
					key={field.name}
					field={field}
					value={editing.values[field.name] ?? ""}
					onChange={(value) => editing.set(field.name, value)}
					isTaken={editing.met?.taken.includes(field.name) ?? false}
				/>
			))}
			<Command text={props.commandOf(editing.changes)} />
		</Form>
	);
}

interface FieldProps {
	field: EditField;
	value: string;
	onChange: (value: string) => void;
	/** Whether the value comes from somebody else's change. */
	isTaken: boolean;
}

function Field({ field, value, onChange, isTaken }: FieldProps): ReactNode {
	const { name, label, kind = "line", options = [], isRequired = false } = field;
	const help = isTaken ? "Taken over from the other change." : field.help;
	const asked = { name, label, value, onChange, ...(help ? { help } : {}) };
	if (kind === "lines") return <TextAreaField {...asked} />;
	if (kind === "choice") return <SelectField {...asked} options={options} />;
	if (kind === "time") {
		return (
			<Suspense fallback={null}>
				<TimeField
					label={label}
					value={value || null}
					onChange={(time) => onChange(time ?? "")}
					{...(help ? { help } : {})}
				/>
			</Suspense>
		);
	}
	return <TextField {...asked} isMono={kind === "mono"} isRequired={isRequired} autoComplete="off" />;
}

import { Eye, EyeOff } from "lucide-react";
import { createContext, type HTMLInputTypeAttribute, type ReactNode, useContext, useId, useState } from "react";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextArea } from "react-aria-components/TextArea";
import { TextField as AriaTextField } from "react-aria-components/TextField";
import styles from "./field.module.css";

interface FieldProps {
	label: string;
	/** The field's name in the API: the server's errors about it are shown at the field. */
	name: string;
	help?: ReactNode;
	value?: string;
	defaultValue?: string;
	onChange?: (value: string) => void;
	onFocus?: () => void;
	isRequired?: boolean;
	isReadOnly?: boolean;
	autoFocus?: boolean;
	autoComplete?: string;
	minLength?: number;
	maxLength?: number;
}

interface TextFieldProps extends FieldProps {
	type?: HTMLInputTypeAttribute;
	inputMode?: "text" | "numeric" | "email" | "search";
	placeholder?: string;
	/** For values that are read character by character: hashes, codes, identifiers. */
	isMono?: boolean;
}

/** The server's errors about the form's fields, by their names. */
export const FieldProblems = createContext<Record<string, string>>({});

function useFieldProblem(name: string): string | undefined {
	return useContext(FieldProblems)[name];
}

/** The server validates, so the browser must not prevent a form from being sent. */
function refusedBy(problem: string | undefined) {
	return { isInvalid: problem !== undefined, validationBehavior: "aria" } as const;
}

function FieldProblem({ text }: { text: string | undefined }): ReactNode {
	if (!text) return null;
	return (
		<Text slot="errorMessage" className={styles.error ?? ""}>
			{text}
		</Text>
	);
}

/** One line of text, with its label, help and errors. */
export function TextField({ label, help, isMono, placeholder, ...rest }: TextFieldProps): ReactNode {
	const problem = useFieldProblem(rest.name);
	return (
		<AriaTextField {...rest} {...refusedBy(problem)} className={styles.field ?? ""}>
			<Label className={styles.label ?? ""}>{label}</Label>
			<Input
				className={`${styles.input} ${isMono ? styles.mono : ""}`}
				placeholder={placeholder ?? ""}
				spellCheck="false"
			/>
			{help && (
				<Text slot="description" className={styles.help ?? ""}>
					{help}
				</Text>
			)}
			<FieldProblem text={problem} />
		</AriaTextField>
	);
}

/** A password field whose text can be shown. Pasting and password managers work. */
export function PasswordField({ label, help, ...rest }: FieldProps): ReactNode {
	const problem = useFieldProblem(rest.name);
	const [isShown, setIsShown] = useState(false);
	return (
		<AriaTextField
			{...rest}
			{...refusedBy(problem)}
			type={isShown ? "text" : "password"}
			className={styles.field ?? ""}
		>
			<Label className={styles.label ?? ""}>{label}</Label>
			<div className={styles.beside}>
				<Input className={`${styles.input} ${styles.withButton}`} spellCheck="false" autoCapitalize="none" />
				<button
					type="button"
					className={styles.inside}
					aria-label={`Show ${label.toLowerCase()}`}
					aria-pressed={isShown}
					onClick={() => setIsShown(!isShown)}
				>
					{isShown ? <EyeOff size={16} aria-hidden /> : <Eye size={16} aria-hidden />}
				</button>
			</div>
			{help && (
				<Text slot="description" className={styles.help ?? ""}>
					{help}
				</Text>
			)}
			<FieldProblem text={problem} />
		</AriaTextField>
	);
}

/** Several lines of text. */
export function TextAreaField({ label, help, ...rest }: FieldProps): ReactNode {
	const problem = useFieldProblem(rest.name);
	return (
		<AriaTextField {...rest} {...refusedBy(problem)} className={styles.field ?? ""}>
			<Label className={styles.label ?? ""}>{label}</Label>
			<TextArea className={`${styles.input} ${styles.area}`} rows={3} />
			{help && (
				<Text slot="description" className={styles.help ?? ""}>
					{help}
				</Text>
			)}
			<FieldProblem text={problem} />
		</AriaTextField>
	);
}

interface SelectFieldProps {
	label: string;
	name: string;
	help?: ReactNode;
	value: string;
	onChange: (value: string) => void;
	/** The values and their labels. */
	options: readonly (readonly [string, string])[];
}

/** A choice among few values. It uses the system's own list, which works on phones and with assistive technology. */
export function SelectField({ label, name, help, value, onChange, options }: SelectFieldProps): ReactNode {
	const id = useId();
	return (
		<div className={styles.field}>
			<label className={styles.label} htmlFor={id}>
				{label}
			</label>
			<select
				id={id}
				name={name}
				className={`${styles.input} ${styles.select}`}
				value={value}
				onChange={(event) => onChange(event.target.value)}
				aria-describedby={help ? `${id}-help` : undefined}
			>
				{options.map(([option, words]) => (
					<option key={option} value={option}>
						{words}
					</option>
				))}
			</select>
			{help && (
				<span id={`${id}-help`} className={styles.help}>
					{help}
				</span>
			)}
		</div>
	);
}

import { FileUp } from "lucide-react";
import { type DragEvent, type ReactNode, useContext, useId, useState } from "react";
import { FieldProblems } from "./field";
import styles from "./file_field.module.css";

interface FileFieldProps {
	label: string;
	name: string;
	value: string;
	onChange: (text: string) => void;
	help?: ReactNode;
	placeholder?: string;
	/** The file types for the system's dialog, such as `.pem,.crt`. */
	accept?: string;
}

/** The content of a file in the form of the API: text unchanged, bytes (such as DER) in base64. */
async function contentOf(file: File): Promise<string> {
	const bytes = new Uint8Array(await file.arrayBuffer());
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
	}
}

/** A text from a file: dropped, chosen or pasted. */
export function FileField(props: FileFieldProps): ReactNode {
	const id = useId();
	const problem = useContext(FieldProblems)[props.name];
	const [isOver, setIsOver] = useState(false);
	const take = async (files: FileList | null): Promise<void> => {
		const file = files?.[0];
		if (file) props.onChange(await contentOf(file));
	};
	const drop = (event: DragEvent): void => {
		event.preventDefault();
		setIsOver(false);
		void take(event.dataTransfer.files);
	};
	return (
		<div className={styles.field}>
			<div className={styles.head}>
				<label className={styles.label} htmlFor={id}>
					{props.label}
				</label>
				<label className={styles.choose}>
					<FileUp size={14} aria-hidden /> Choose a file
					<input
						type="file"
						className="visually-hidden"
						aria-label={`${props.label}: choose a file`}
						accept={props.accept}
						onChange={({ target }) => void take(target.files)}
					/>
				</label>
			</div>
			<textarea
				id={id}
				name={props.name}
				className={`${styles.area} ${isOver ? styles.over : ""}`}
				rows={4}
				spellCheck={false}
				value={props.value}
				placeholder={props.placeholder}
				onChange={({ target }) => props.onChange(target.value)}
				onDragOver={(event) => {
					event.preventDefault();
					setIsOver(true);
				}}
				onDragLeave={() => setIsOver(false)}
				onDrop={drop}
				aria-invalid={problem !== undefined}
				aria-describedby={`${id}-help`}
			/>
			<div id={`${id}-help`}>
				{props.help && <p className={styles.help}>{props.help}</p>}
				{problem && <p className={styles.problem}>{problem}</p>}
			</div>
		</div>
	);
}

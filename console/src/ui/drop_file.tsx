import { FileUp } from "lucide-react";
import { type DragEvent, type ReactNode, useState } from "react";
import styles from "./drop_file.module.css";

interface DropFileProps {
	label: string;
	/** The kind of the file, in words. */
	hint: ReactNode;
	accept: string;
	onFile: (file: File) => void;
}

/** A place to drop one file on. A click or a key opens the file dialog instead. */
export function DropFile({ label, hint, accept, onFile }: DropFileProps): ReactNode {
	const [isOver, setIsOver] = useState(false);
	const take = (files: FileList | null): void => {
		const file = files?.[0];
		if (file) onFile(file);
	};
	const drop = (event: DragEvent): void => {
		event.preventDefault();
		setIsOver(false);
		take(event.dataTransfer.files);
	};
	return (
		<label
			className={`${styles.drop} ${isOver ? styles.over : ""}`}
			onDragOver={(event) => {
				event.preventDefault();
				setIsOver(true);
			}}
			onDragLeave={() => setIsOver(false)}
			onDrop={drop}
		>
			<FileUp size={24} className={styles.icon} aria-hidden />
			<span className={styles.label}>{label}</span>
			<span className={styles.hint}>{hint}</span>
			<input
				type="file"
				className="visually-hidden"
				accept={accept}
				onChange={({ target }) => {
					take(target.files);
					// Choosing the same file again after it was corrected must also work.
					target.value = "";
				}}
			/>
		</label>
	);
}

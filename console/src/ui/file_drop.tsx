import { Upload } from "lucide-react";
import { type DragEvent, type ReactNode, useState } from "react";
import styles from "./file_drop.module.css";

/** A file, and a handle to it that the browser can keep, if possible. */
export interface GivenFile {
	file: File;
	handle?: FileSystemFileHandle;
}

interface FileDropProps {
	/** What the files are: "Firmware files". */
	label: string;
	/** The possible actions, as a sentence. */
	children: ReactNode;
	onFiles: (files: GivenFile[]) => void;
	isMultiple?: boolean;
}

type Handled = DataTransferItem & { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> };

/** Asks for handles before the event ends, because the browser has none afterwards. */
function givenBy(items: DataTransferItemList): Promise<GivenFile[]> {
	const all = [...items].filter(({ kind }) => kind === "file");
	return Promise.all(
		all.map(async (item: Handled) => {
			const file = item.getAsFile();
			const handle = await item.getAsFileSystemHandle?.().catch(() => null);
			if (handle && handle.kind !== "file") return [];
			return file ? [handle ? { file, handle: handle as FileSystemFileHandle } : { file }] : [];
		}),
	).then((found) => found.flat());
}

/** A place to drop files on, or to choose them with a keyboard, a mouse or touch. */
export function FileDrop({ label, children, onFiles, isMultiple }: FileDropProps): ReactNode {
	const [isOver, setIsOver] = useState(false);
	const over = (event: DragEvent): void => {
		event.preventDefault();
		setIsOver(true);
	};
	const drop = (event: DragEvent): void => {
		event.preventDefault();
		setIsOver(false);
		void givenBy(event.dataTransfer.items).then((files) => files.length > 0 && onFiles(files));
	};
	return (
		<label
			className={`${styles.zone} ${isOver ? styles.over : ""}`}
			onDragOver={over}
			onDragLeave={() => setIsOver(false)}
			onDrop={drop}
		>
			<Upload size={18} aria-hidden />
			<span className={styles.words}>{children}</span>
			<input
				type="file"
				className="visually-hidden"
				aria-label={label}
				multiple={isMultiple ?? false}
				onChange={({ target }) => {
					const files = [...(target.files ?? [])].map((file) => ({ file }));
					target.value = "";
					if (files.length > 0) onFiles(files);
				}}
			/>
		</label>
	);
}

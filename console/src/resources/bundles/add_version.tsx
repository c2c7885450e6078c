import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "../../ui/button";
import { SelectField } from "../../ui/field";
import styles from "./add_version.module.css";

interface AddVersionProps {
	/** The versions that the bundle does not contain yet. */
	left: readonly string[];
	onAdd: (title: string) => void;
}

/** Adds a version. It has a button, because arrow keys and letters change the selection of a list at once. */
export function AddVersion({ left, onAdd }: AddVersionProps): ReactNode {
	const [chosen, setChosen] = useState("");
	const title = left.includes(chosen) ? chosen : "";
	return (
		<form
			className={styles.add}
			onSubmit={(event) => {
				event.preventDefault();
				if (title) onAdd(title);
			}}
		>
			<SelectField
				label="Add a version"
				name="add"
				value={title}
				onChange={setChosen}
				options={[["", "Choose…"], ...left.map((each) => [each, each] as const)]}
			/>
			<Button type="submit" isDisabled={!title}>
				<Plus size={16} aria-hidden />
				Add
			</Button>
		</form>
	);
}

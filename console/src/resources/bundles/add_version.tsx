import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "../../ui/button";
import { SelectField } from "../../ui/field";
import styles from "./add_version.module.css";

interface AddVersionProps {
	/** Versions that are not in it yet. */
	left: readonly string[];
	onAdd: (title: string) => void;
}

/** One more version. It is added by a button, since arrows and letters go through a list's entries one by one. */
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

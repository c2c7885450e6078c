import { type ReactNode, useState } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { TextField } from "./field";
import { Form } from "./form";

interface ConfirmProps {
	title: string;
	/** The effect, as sentences. */
	children: ReactNode;
	/** The text to type: the name of what is deleted. */
	word: string;
	action: string;
	isOpen: boolean;
	onClose: () => void;
	onConfirm: () => void;
	isBusy?: boolean;
	error?: unknown;
}

/** Asks to type the name of something before it is deleted permanently. Actions that can be undone never ask. */
export function ConfirmByTyping(props: ConfirmProps): ReactNode {
	const [typed, setTyped] = useState("");
	return (
		<Dialog title={props.title} isOpen={props.isOpen} onClose={props.onClose} isUrgent>
			{props.children}
			<Form
				error={props.error}
				onSubmit={() => typed === props.word && props.onConfirm()}
				actions={
					<>
						<Button type="submit" look="danger" isDisabled={typed !== props.word} isBusy={props.isBusy ?? false}>
							{props.action}
						</Button>
						<Button onPress={props.onClose}>Cancel</Button>
					</>
				}
			>
				<TextField
					label={`Type ${props.word} to go on`}
					name="confirmation"
					value={typed}
					onChange={setTyped}
					isMono
					autoComplete="off"
				/>
			</Form>
		</Dialog>
	);
}

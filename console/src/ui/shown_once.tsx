import type { ReactNode } from "react";
import { Button } from "./button";
import { Command } from "./copy";
import { Dialog } from "./dialog";

interface ShownOnceProps {
	title: string;
	/** What its owner can do with it, and until when. */
	children: ReactNode;
	label: string;
	text: string;
	onClose: () => void;
}

/** A secret or a link that the server can't show again. It is only in this dialog. */
export function ShownOnce({ title, children, label, text, onClose }: ShownOnceProps): ReactNode {
	return (
		<Dialog title={title} isOpen onClose={onClose}>
			<div>{children}</div>
			<Command label={label} text={text} />
			<p>
				<Button look="primary" onPress={onClose}>
					I have it
				</Button>
			</p>
		</Dialog>
	);
}

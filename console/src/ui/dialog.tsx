import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import styles from "./dialog.module.css";

interface DialogProps {
	title: string;
	isOpen: boolean;
	onClose: () => void;
	children: ReactNode;
	/** Whether a click outside closes it. Not for dialogs with typed text. */
	isLight?: boolean;
	isUrgent?: boolean;
}

/** A dialog above the page. On a phone it appears at the bottom. */
export function Dialog({ title, isOpen, onClose, children, isLight, isUrgent }: DialogProps): ReactNode {
	return (
		<ModalOverlay
			className={styles.scrim ?? ""}
			isOpen={isOpen}
			isDismissable={isLight ?? false}
			onOpenChange={(open) => {
				if (!open) onClose();
			}}
		>
			<Modal className={styles.modal ?? ""}>
				<AriaDialog className={styles.dialog ?? ""} role={isUrgent ? "alertdialog" : "dialog"}>
					<div className={styles.head}>
						<Heading slot="title" level={2} className={styles.title ?? ""}>
							{title}
						</Heading>
						<button type="button" className={styles.close} aria-label="Close" onClick={onClose}>
							<X size={16} aria-hidden />
						</button>
					</div>
					{children}
				</AriaDialog>
			</Modal>
		</ModalOverlay>
	);
}

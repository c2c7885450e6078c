import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Menu as AriaMenu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import styles from "./menu.module.css";

interface MenuEntry {
	id: string;
	words: string;
	icon?: ReactNode;
	onAction: () => void;
	isDisabled?: boolean;
}

interface MenuProps {
	/** The button that opens it. */
	children: ReactNode;
	label: string;
	entries: readonly MenuEntry[];
}

/** A menu of actions behind a button. */
export function Menu({ children, label, entries }: MenuProps): ReactNode {
	return (
		<MenuTrigger>
			<AriaButton className={styles.trigger ?? ""} aria-label={label}>
				{children}
			</AriaButton>
			<Popover className={styles.popover ?? ""} placement="bottom end">
				<AriaMenu className={styles.menu ?? ""}>
					{entries.map((entry) => (
						<MenuItem
							key={entry.id}
							id={entry.id}
							className={styles.item ?? ""}
							textValue={entry.words}
							isDisabled={entry.isDisabled ?? false}
							onAction={entry.onAction}
						>
							{entry.icon}
							{entry.words}
						</MenuItem>
					))}
				</AriaMenu>
			</Popover>
		</MenuTrigger>
	);
}

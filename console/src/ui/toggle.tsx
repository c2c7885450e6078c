import type { ReactNode } from "react";
import styles from "./toggle.module.css";

interface ToggleProps {
	isOn: boolean;
	onChange: (isOn: boolean) => void;
	children: ReactNode;
}

/** Something that is shown or left out. */
export function Toggle({ isOn, onChange, children }: ToggleProps): ReactNode {
	return (
		<button type="button" className={styles.toggle} aria-pressed={isOn} onClick={() => onChange(!isOn)}>
			{children}
		</button>
	);
}

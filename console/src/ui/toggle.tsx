import type { ReactNode } from "react";
import styles from "./toggle.module.css";

interface ToggleProps {
	isOn: boolean;
	onChange: (isOn: boolean) => void;
	children: ReactNode;
}

/** A switch for something that is shown or hidden. */
export function Toggle({ isOn, onChange, children }: ToggleProps): ReactNode {
	return (
		<button type="button" className={styles.toggle} aria-pressed={isOn} onClick={() => onChange(!isOn)}>
			{children}
		</button>
	);
}

import type { ReactNode } from "react";
import styles from "./checks.module.css";

interface ChecksProps {
	legend: string;
	/** The values and their labels. */
	options: readonly (readonly [string, string])[];
	chosen: readonly string[];
	onChange: (chosen: string[]) => void;
	/** Shown in place of the boxes if there are none. */
	empty?: string;
	/** For values that are read character by character. */
	isMono?: boolean;
}

/** Check boxes for any number of values. A long list scrolls. */
export function Checks({ legend, options, chosen, onChange, empty, isMono }: ChecksProps): ReactNode {
	const toggle = (value: string): void =>
		onChange(chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]);
	return (
		<fieldset className={styles.checks}>
			<legend className={styles.legend}>{legend}</legend>
			<div className={styles.boxes}>
				{options.length === 0 && <p className={styles.none}>{empty}</p>}
				{options.map(([value, words]) => (
					<label key={value} className={styles.box}>
						<input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
						<span className={isMono ? styles.mono : ""}>{words}</span>
					</label>
				))}
			</div>
		</fieldset>
	);
}

import { type ReactNode, useState } from "react";
import { SelectField } from "../../ui/field";
import { chooseTheme, chosenTheme, type Theme } from "../../ui/theme";
import { chooseZone, chosenZone } from "../../words/times";
import styles from "./appearance.module.css";

const THEMES = [
	["system", "As the system"],
	["light", "Light"],
	["dark", "Dark"],
] as const;

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const ZONES = [
	["local", `This browser's (${ownZone})`],
	...["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => [zone, zone] as const),
] as const;

/** The appearance of the console in this browser. */
export function Appearance(): ReactNode {
	const [theme, setTheme] = useState<Theme>(chosenTheme);
	const [zone, setZone] = useState(chosenZone);
	return (
		<div className={styles.fields}>
			<SelectField
				label="Theme"
				name="theme"
				value={theme}
				options={THEMES}
				onChange={(chosen) => {
					chooseTheme(chosen as Theme);
					setTheme(chosen as Theme);
				}}
			/>
			<SelectField
				label="Time zone"
				name="zone"
				value={zone}
				options={ZONES}
				help="Point at a time to see it in full."
				onChange={(chosen) => {
					chooseZone(chosen);
					setZone(chosen);
				}}
			/>
		</div>
	);
}

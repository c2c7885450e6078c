import { fromAbsolute, getLocalTimeZone } from "@internationalized/date";
import type { ReactNode } from "react";
import { DateField, DateInput, DateSegment } from "react-aria-components/DateField";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { chosenZone } from "../../words/times";
import styles from "./time_field.module.css";

interface TimeFieldProps {
	label: string;
	/** The time in RFC 3339, or nothing. */
	value: string | null;
	onChange: (value: string | null) => void;
	help?: string;
}

/** A point in time, in the chosen time zone, which is shown next to it. */
export function TimeField({ label, value, onChange, help }: TimeFieldProps): ReactNode {
	const zone = chosenZone() === "local" ? getLocalTimeZone() : chosenZone();
	const now = fromAbsolute(Date.now(), zone);
	return (
		<DateField
			className={styles.field ?? ""}
			granularity="minute"
			hourCycle={24}
			placeholderValue={now}
			value={value ? fromAbsolute(Date.parse(value), zone) : null}
			onChange={(time) => onChange(time ? time.toAbsoluteString() : null)}
		>
			<Label className={styles.label ?? ""}>{label}</Label>
			<div className={styles.row}>
				<DateInput className={styles.input ?? ""}>
					{(segment) => <DateSegment segment={segment} className={styles.segment ?? ""} />}
				</DateInput>
			</div>
			{help && (
				<Text slot="description" className={styles.help ?? ""}>
					{help}
				</Text>
			)}
		</DateField>
	);
}

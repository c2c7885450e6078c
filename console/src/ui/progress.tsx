import type { ReactNode } from "react";
import styles from "./progress.module.css";

interface ProgressProps {
	/** A label for screen readers. */
	label: string;
	/** From 0 to 1. */
	value: number;
	isQuiet?: boolean;
}

/** A progress bar. */
export function Progress({ label, value, isQuiet }: ProgressProps): ReactNode {
	const look = `${styles.bar} ${isQuiet ? styles.quiet : ""}`;
	return <progress className={look} aria-label={label} max={1} value={Math.min(1, value)} />;
}

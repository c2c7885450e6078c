import type { ReactNode } from "react";
import { count } from "../words/counts";
import styles from "./figures.module.css";

interface FigureProps {
	words: string;
	value: number;
	isBad?: boolean;
}

/** Numbers next to each other, each with its label below. */
export function Figures({ children }: { children: ReactNode }): ReactNode {
	return <dl className={styles.figures}>{children}</dl>;
}

export function Figure({ words, value, isBad }: FigureProps): ReactNode {
	return (
		<div className={styles.figure}>
			<dt className={styles.words}>{words}</dt>
			<dd className={isBad ? styles.bad : styles.value}>{count(value)}</dd>
		</div>
	);
}

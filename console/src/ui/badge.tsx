import { Ban, Check, Circle, CircleDashed, Loader, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./badge.module.css";

/** The meaning of a state for people. Each has a shape in addition to its colour. */
export type Tone = "good" | "bad" | "warn" | "busy" | "stopped" | "plain" | "none";

const SHAPES = {
	good: Check,
	bad: X,
	warn: TriangleAlert,
	busy: Loader,
	stopped: Ban,
	plain: Circle,
	none: CircleDashed,
};

/** A state in a word, with its shape and colour. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }): ReactNode {
	const Shape = SHAPES[tone];
	return (
		<span className={`${styles.badge} ${styles[tone]}`}>
			<Shape size={12} strokeWidth={2.5} aria-hidden />
			{children}
		</span>
	);
}

/** A label given by people: a tag, a role. */
export function Chip({ children }: { children: ReactNode }): ReactNode {
	return <span className={styles.chip}>{children}</span>;
}

import { type ReactNode, useEffect } from "react";
import styles from "./gate.module.css";

interface GateProps {
	title: string;
	sentence?: ReactNode;
	children: ReactNode;
}

/** A page outside of the shell with a single purpose: signing in, setup, accepting an invitation. */
export function Gate({ title, sentence, children }: GateProps): ReactNode {
	useEffect(() => {
		document.title = `${title} · Olivine`;
	}, [title]);
	return (
		<main className={styles.gate}>
			<div className={styles.card}>
				<p className={styles.brand}>
					<svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true" focusable="false">
						<path className={styles.gem1} d="M16 2 28 9v14l-12 7L4 23V9z" />
						<path className={styles.gem2} d="M16 2 28 9l-12 7L4 9z" />
						<path className={styles.gem3} d="M16 16v14L4 23V9z" />
					</svg>
					Olivine
				</p>
				<h1>{title}</h1>
				{sentence && <p className={styles.sentence}>{sentence}</p>}
				{children}
			</div>
		</main>
	);
}

import { type ReactNode, useEffect } from "react";
import { Link } from "./link";
import styles from "./page.module.css";

interface PageProps {
	title: string;
	/** The state of things as a sentence. The details follow below. */
	sentence?: ReactNode;
	/** The parent pages, the outermost first. */
	path?: readonly { to: string; words: string }[];
	actions?: ReactNode;
	/** A state next to the title. */
	badge?: ReactNode;
	children: ReactNode;
}

/** A page: its path, its sentence, its actions, and then the details. */
export function Page({ title, sentence, path, actions, badge, children }: PageProps): ReactNode {
	useEffect(() => {
		document.title = `${title} · Olivine`;
	}, [title]);
	return (
		<>
			<header className={styles.head}>
				{path && (
					<nav aria-label="Path" className={styles.path}>
						{path.map(({ to, words }) => (
							<span key={to}>
								<Link to={to} className={styles.step ?? ""}>
									{words}
								</Link>
								<span aria-hidden> / </span>
							</span>
						))}
					</nav>
				)}
				<div className={styles.top}>
					<h1 className={styles.title}>
						<span className={styles.name}>{title}</span>
						{badge}
					</h1>
					{actions && <div className={styles.actions}>{actions}</div>}
				</div>
				{sentence && <p className={styles.sentence}>{sentence}</p>}
			</header>
			{children}
		</>
	);
}

interface SectionProps {
	title: string;
	hint?: ReactNode;
	actions?: ReactNode;
	children: ReactNode;
	/** Whether the content has its own margins, as tables do. */
	isFlush?: boolean;
}

/** A section of a page with a heading. */
export function Section({ title, hint, actions, children, isFlush }: SectionProps): ReactNode {
	return (
		<section className={styles.section} aria-label={title}>
			<div className={styles.sectionHead}>
				<div>
					<h2>{title}</h2>
					{hint && <p className={styles.hint}>{hint}</p>}
				</div>
				{actions && <div className={styles.actions}>{actions}</div>}
			</div>
			<div className={isFlush ? styles.flush : styles.body}>{children}</div>
		</section>
	);
}

/** Sections next to each other if there is room. */
export function Columns({ children }: { children: ReactNode }): ReactNode {
	return <div className={styles.columns}>{children}</div>;
}

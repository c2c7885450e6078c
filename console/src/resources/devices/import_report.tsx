import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { count, counted } from "../../words/counts";
import styles from "./import_report.module.css";

type Report = Schemas["ImportReport"];

/** What the file would do, or did: in numbers, and line by line where lines are wrong. */
export function ImportReport({ report }: { report: Report }): ReactNode {
	const { created, updated, unchanged, refused, problems } = report;
	return (
		<>
			<dl className={styles.numbers}>
				<Figure words={report.dry_run ? "would be created" : "created"} value={created} />
				<Figure words={report.dry_run ? "would be changed" : "changed"} value={updated} />
				<Figure words="stay as they are" value={unchanged} />
				<Figure words="refused" value={refused} isBad={refused > 0} />
			</dl>
			{refused > 0 && (
				<RecordRows
					label="What is wrong"
					rows={problems}
					rowKey={({ line, column, message }) => `${line} ${column ?? ""} ${message}`}
					empty={null}
					row={({ line, column, message }) => (
						<RecordRow name={`Line ${count(line)}${column ? `, column ${column}` : ""}`} facts={message} />
					)}
					foot={problems.length < refused && `The first ${counted(problems.length, "problem", "problems")}`}
				/>
			)}
		</>
	);
}

function Figure({ words, value, isBad }: { words: string; value: number; isBad?: boolean }): ReactNode {
	return (
		<div className={styles.figure}>
			<dd className={isBad ? styles.bad : styles.value}>{count(value)}</dd>
			<dt className={styles.words}>{words}</dt>
		</div>
	);
}

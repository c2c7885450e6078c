import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Figure, Figures } from "../../ui/figures";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { count, counted } from "../../words/counts";
import styles from "./import_report.module.css";

type Report = Schemas["ImportReport"];

/** The effect or the result of an import: numbers, and the errors of wrong lines. */
export function ImportReport({ report }: { report: Report }): ReactNode {
	const { created, updated, unchanged, refused, problems } = report;
	return (
		<>
			<div className={styles.numbers}>
				<Figures>
					<Figure words={report.dry_run ? "would be created" : "created"} value={created} />
					<Figure words={report.dry_run ? "would be changed" : "changed"} value={updated} />
					<Figure words="stay as they are" value={unchanged} />
					<Figure words="refused" value={refused} isBad={refused > 0} />
				</Figures>
			</div>
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

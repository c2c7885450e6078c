import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../api/client";
import { usePermission } from "../api/permissions";
import { queryClient } from "../api/queries";
import { cohortsQuery } from "../resources/cohorts/queries";
import { ImportReport } from "../resources/devices/import_report";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { DropFile } from "../ui/drop_file";
import { ErrorNote } from "../ui/error_note";
import { SelectField } from "../ui/field";
import { Link } from "../ui/link";
import { Columns, Page, Section } from "../ui/page";
import { quoted } from "../words/commands";
import { bytes, counted } from "../words/counts";
import { cohortChoices, cohortPath } from "../words/names";

const PATH = [{ to: "/devices", words: "Devices" }];

type Cohort = Schemas["Cohort"];

interface Given {
	file: File;
	isTrial: boolean;
	cohort: Cohort | undefined;
}

/** Sends the file unchanged, whatever its encoding. The server decodes it. */
function send({ file, isTrial, cohort }: Given): Promise<Schemas["ImportReport"]> {
	const into = cohort ? { product_prn: cohort.product_prn, cohort_prn: cohort.prn } : {};
	return change(() =>
		api.POST("/v1/devices/import", {
			params: { query: { dry_run: isTrial, ...into } },
			body: "",
			bodySerializer: () => file,
			headers: { "content-type": "text/csv" },
		}),
	);
}

/** `/import`: imports devices from a CSV file; first as a trial, then for good. */
export function ImportPage(): ReactNode {
	const mayImport = usePermission("devices_import");
	const { data } = useQuery(cohortsQuery);
	const [file, setFile] = useState<File | null>(null);
	const [cohortPrn, setCohortPrn] = useState("");
	const cohort = data?.cohorts.find(({ prn }) => prn === cohortPrn);
	const trial = useMutation({ mutationFn: send });
	const real = useMutation({
		mutationFn: send,
		onSuccess: () => queryClient.invalidateQueries({ queryKey: ["device"] }),
	});
	const begin = (chosen: File | null, into: Cohort | undefined): void => {
		setFile(chosen);
		real.reset();
		if (chosen) trial.mutate({ file: chosen, isTrial: true, cohort: into });
	};
	const chooseCohort = (prn: string): void => {
		setCohortPrn(prn);
		begin(
			file,
			data?.cohorts.find((each) => each.prn === prn),
		);
	};
	const report = real.data?.refused === 0 ? real.data : (real.data ?? trial.data);
	const into = cohort ? ` --cohort ${quoted(cohortPath(cohort))}` : "";
	return (
		<Page
			title="Import devices"
			path={PATH}
			sentence="A file is only looked at first. If one line is wrong, nothing is changed."
		>
			{mayImport.allowed ? (
				<>
					<Columns>
						<Section title="The file" hint={file ? `${file.name}, ${bytes(file.size)}` : "CSV, a device a line"}>
							<DropFile
								label="Drop a CSV here, or choose one"
								hint="The first line names the columns"
								accept=".csv,.tsv,.txt,text/csv"
								onFile={(chosen) => begin(chosen, cohort)}
							/>
						</Section>
						<Section title="Where devices go" hint="Where a line names neither product nor cohort">
							<SelectField
								label="Cohort"
								name="cohort_prn"
								value={cohortPrn}
								onChange={chooseCohort}
								options={[["", "Each line says it"], ...cohortChoices(data?.cohorts)]}
							/>
						</Section>
					</Columns>
					{!file && <Example />}
					{(trial.isPending || real.isPending) && <p role="status">The server reads the file…</p>}
					{(trial.error ?? real.error) && <ErrorNote error={trial.error ?? real.error} />}
					{report && file && !trial.isPending && (
						<Section
							title={report.dry_run ? "What would become of it" : "Imported"}
							hint={report.dry_run ? "Nothing was changed yet" : undefined}
							actions={
								<Next
									report={report}
									onImport={() => real.mutate({ file, isTrial: false, cohort })}
									isBusy={real.isPending}
								/>
							}
							isFlush
						>
							<ImportReport report={report} />
						</Section>
					)}
				</>
			) : (
				<p>{mayImport.reason}</p>
			)}
			<Command
				text={`peridio devices import --file ${quoted(file?.name ?? "devices.csv")}${into}${report?.dry_run === false ? "" : " --dry-run"}`}
			/>
		</Page>
	);
}

interface NextProps {
	report: Schemas["ImportReport"];
	onImport: () => void;
	isBusy: boolean;
}

function Next({ report, onImport, isBusy }: NextProps): ReactNode {
	if (report.refused > 0) return <p>Mend these lines, and drop the file again.</p>;
	if (!report.dry_run) {
		return (
			<Link to="/devices" look="button">
				Show the devices
			</Link>
		);
	}
	const changes = report.created + report.updated;
	if (changes === 0) return <p>There is nothing to import.</p>;
	return (
		<Button look="primary" onPress={onImport} isBusy={isBusy}>
			Import {counted(changes, "device", "devices")}
		</Button>
	);
}

const EXAMPLE = "identifier,product,cohort,tags,description\nSN-000043,gateway,daily,europe;beta,Berlin";

const COLUMNS =
	"The first line names the columns: identifier, and those that you need of product, cohort, description, tags, target, quarantined and certificate.";

function Example(): ReactNode {
	return (
		<Section title="What the file looks like" hint={COLUMNS}>
			<Command label="devices.csv" text={EXAMPLE} />
		</Section>
	);
}

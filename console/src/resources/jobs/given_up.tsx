import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answer, api, change, type Schemas } from "../../api/client";
import { pagedQuery, usePaged } from "../../api/pages";
import { type Permission, usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Empty } from "../../ui/empty";
import { ErrorNote } from "../../ui/error_note";
import { Link } from "../../ui/link";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { Time } from "../../ui/time";
import { notify } from "../../ui/toasts";
import { counted } from "../../words/counts";

const givenUpQuery = pagedQuery(["job", "given_up"], (page, signal) => {
	const query = { ...page, state: "given_up", order: "desc" } as const;
	return answer(api.GET("/v1/jobs", { params: { query }, signal }));
});

/** Jobs of the server that will not be retried automatically. */
export function JobsGivenUp(): ReactNode {
	const list = usePaged(givenUpQuery, ({ jobs }) => jobs);
	const mayRetry = usePermission("jobs_retry");
	const retry = useMutation({
		mutationFn: (prn: string) => change(() => api.POST("/v1/jobs/{prn}/retry", { params: { path: { prn } } })),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["job"] });
			await queryClient.invalidateQueries({ queryKey: ["organization", "overview"] });
			notify({ tone: "good", text: "It begins again now." });
		},
	});
	return (
		<>
			{retry.error && <ErrorNote error={retry.error} />}
			<RecordRows
				label="Jobs given up"
				{...list}
				rowKey={({ prn }) => prn}
				empty={
					<Empty title="No job was given up">
						The server verifies, copies and deletes contents by itself. What it can't do stands here, with the reason.
					</Empty>
				}
				row={(job) => <JobRow job={job} permission={mayRetry} onAgain={() => retry.mutate(job.prn)} />}
			/>
		</>
	);
}

interface JobRowProps {
	job: Schemas["Job"];
	permission: Permission;
	onAgain: () => void;
}

function JobRow({ job, permission, onAgain }: JobRowProps): ReactNode {
	const words = job.kind.replaceAll("_", " ");
	const about = job.binary_prn ?? job.bundle_prn ?? job.storage_backend_prn;
	return (
		<RecordRow
			name={words.charAt(0).toUpperCase() + words.slice(1)}
			badges={<Badge tone="bad">Given up</Badge>}
			facts={
				<>
					{job.last_error ?? "no reason is known"} · {counted(job.attempts, "attempt", "attempts")}, the last{" "}
					<Time at={job.updated_at} />
					{about && (
						<>
							{" "}
							·{" "}
							<Link to="/prn/$prn" params={{ prn: about }}>
								what it is about
							</Link>
						</>
					)}
				</>
			}
			actions={
				<Button size="small" permission={permission} onPress={onAgain} aria-label={`Again: ${words}`}>
					Again
				</Button>
			}
		/>
	);
}

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { Copy } from "../../ui/copy";
import { Empty } from "../../ui/empty";
import { Link } from "../../ui/link";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { Time } from "../../ui/time";
import { strangersQuery } from "./queries";

type Facts = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Device certificates that were refused within the last day, with the reasons. */
export function Strangers(): ReactNode {
	const may = usePermission("events_list");
	const { data, error } = useQuery({ ...strangersQuery, enabled: may.allowed });
	return (
		<RecordRows
			label="Refused certificates"
			rows={data?.events}
			rowKey={({ prn }) => prn}
			error={error}
			empty={
				<Empty title="None was refused">
					A device whose certificate is unknown, has ended, or is not accepted for another reason stands here for a day.
				</Empty>
			}
			row={(event) => <Stranger event={event} />}
			foot={
				data?.events.length ? (
					<Link to="/audit" search={{ type: "device.authentication_failed" }}>
						All of them in the audit trail
					</Link>
				) : undefined
			}
		/>
	);
}

function Stranger({ event }: { event: Schemas["Event"] }): ReactNode {
	const { subject, issuer, fingerprint, message, omitted } = event.data as Facts;
	if (typeof omitted === "number") {
		return <RecordRow name={`${omitted} more were refused`} facts={<Time at={event.inserted_at} />} />;
	}
	return (
		<RecordRow
			name={text(subject) || "A certificate without a subject"}
			facts={
				<>
					{text(message)} · signed by {text(issuer)} · <code>{text(fingerprint).slice(0, 12)}…</code>{" "}
					<Copy text={text(fingerprint)} label={`Copy the fingerprint of ${text(subject)}`} /> ·{" "}
					<Time at={event.inserted_at} />
				</>
			}
		/>
	);
}

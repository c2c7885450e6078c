import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answer, api, change, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { ErrorNote } from "../../ui/error_note";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { Time } from "../../ui/time";
import styles from "./rows.module.css";

const sessionsQuery = queryOptions({
	queryKey: ["user_session", "list"],
	queryFn: ({ signal }) => answer(api.GET("/v1/users/me/sessions", { signal })),
});

const BROWSERS = [
	[/Edg\//, "Edge"],
	[/Firefox\//, "Firefox"],
	[/Chrom(e|ium)\//, "Chrome"],
	[/Safari\//, "Safari"],
	[/curl\//, "curl"],
] as const;

const SYSTEMS = [
	[/Android/, "Android"],
	[/iPhone|iPad/, "iOS"],
	[/Windows/, "Windows"],
	[/Mac OS/, "macOS"],
	[/Linux/, "Linux"],
] as const;

/** "Firefox on Linux", as far as the browser's user agent says. */
function browserName(client: string | null | undefined): string {
	const named = (table: readonly (readonly [RegExp, string])[]) => table.find(([form]) => form.test(client ?? ""))?.[1];
	const browser = named(BROWSERS) ?? "A browser";
	const system = named(SYSTEMS);
	return system ? `${browser} on ${system}` : browser;
}

/** The browsers in which the person is signed in, each with a button to sign it out. */
export function Sessions(): ReactNode {
	const { data, error } = useQuery(sessionsQuery);
	const refresh = () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
	const end = useMutation({
		mutationFn: (prn: string) => change(() => api.DELETE("/v1/users/me/sessions/{prn}", { params: { path: { prn } } })),
		onSuccess: refresh,
	});
	const endOthers = useMutation({
		mutationFn: () => change(() => api.DELETE("/v1/users/me/sessions", {})),
		onSuccess: refresh,
	});
	const problem = error ?? end.error ?? endOthers.error;
	return (
		<>
			{problem && <ErrorNote error={problem} />}
			<RecordRows
				label="Sessions"
				rows={data?.sessions}
				rowKey={({ prn }) => prn}
				row={(session) => <SessionRow session={session} onEnd={() => end.mutate(session.prn)} />}
				empty={null}
			/>
			{data && data.sessions.length > 1 && (
				<div className={styles.foot}>
					<Button size="small" onPress={() => endOthers.mutate()} isBusy={endOthers.isPending}>
						Sign out everywhere else
					</Button>
				</div>
			)}
		</>
	);
}

function SessionRow({ session, onEnd }: { session: Schemas["Session"]; onEnd: () => void }): ReactNode {
	return (
		<RecordRow
			name={browserName(session.client)}
			badges={session.is_current && <Badge tone="good">This one</Badge>}
			facts={
				<>
					from {session.address ?? "an unknown address"}, used <Time at={session.last_seen_at} />
				</>
			}
			actions={
				!session.is_current && (
					<Button size="small" onPress={onEnd}>
						End
					</Button>
				)
			}
		/>
	);
}

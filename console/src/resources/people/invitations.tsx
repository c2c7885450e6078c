import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, change } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Empty } from "../../ui/empty";
import { ErrorNote } from "../../ui/error_note";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { Time, useNow } from "../../ui/time";
import { Access } from "./access";
import { useInvitations } from "./member_queries";

/** Invitations that nobody has accepted yet. */
export function Invitations({ onInvite }: { onInvite: () => void }): ReactNode {
	const list = useInvitations();
	const mayInvite = usePermission("invitations_create");
	const mayRevoke = usePermission("invitations_revoke");
	const now = useNow().getTime();
	const revoke = useMutation({
		mutationFn: (prn: string) => change(() => api.DELETE("/v1/invitations/{prn}", { params: { path: { prn } } })),
		onSuccess: () => queryClient.invalidateQueries({ queryKey: ["invitation"] }),
	});
	return (
		<>
			{revoke.error && <ErrorNote error={revoke.error} />}
			<RecordRows
				label="Open invitations"
				{...list}
				rowKey={({ prn }) => prn}
				empty={
					<Empty
						title="No open invitations"
						actions={
							<Button permission={mayInvite} onPress={onInvite}>
								Invite a person…
							</Button>
						}
					>
						A person joins by a link, which you pass on. Until it is used, it stands here.
					</Empty>
				}
				row={({ prn, email, grants, expires_at }) => (
					<RecordRow
						name={email}
						badges={Date.parse(expires_at) < now && <Badge tone="bad">Expired</Badge>}
						facts={
							<>
								ends <Time at={expires_at} />
							</>
						}
						actions={
							<Button
								size="small"
								look="danger"
								permission={mayRevoke}
								onPress={() => revoke.mutate(prn)}
								aria-label={`Revoke the invitation of ${email}`}
							>
								Revoke
							</Button>
						}
					>
						<Access grants={grants} />
					</RecordRow>
				)}
			/>
		</>
	);
}

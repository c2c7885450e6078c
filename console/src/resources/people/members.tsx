import { useMutation, useQuery } from "@tanstack/react-query";
import { EllipsisVertical } from "lucide-react";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { ApiError } from "../../api/errors";
import { type Permission, usePermission } from "../../api/permissions";
import { meQuery, queryClient } from "../../api/queries";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Menu } from "../../ui/menu";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { ShownOnce } from "../../ui/shown_once";
import { Time } from "../../ui/time";
import { notify } from "../../ui/toasts";
import { Access } from "./access";
import { ChangeMemberDialog } from "./change_member_dialog";
import { useMemberships } from "./member_queries";
import { RemoveMemberDialog } from "./remove_member_dialog";

type Membership = Schemas["Membership"];
type Open = { what: "change" | "remove"; membership: Membership };
type Made = { url: string; user: Schemas["User"] };

/** Changes an account. Refusals (such as for the last administrator) are shown as a message at the edge of the page. */
function useAccountChange<T>(request: (prn: string) => Promise<T>, done: (answered: T, user: Schemas["User"]) => void) {
	return useMutation({
		mutationFn: ({ prn }: Schemas["User"]) => request(prn),
		onSuccess: async (answered, user) => {
			await queryClient.invalidateQueries({ queryKey: ["membership"] });
			done(answered, user);
		},
		onError: (error) => notify({ tone: "bad", text: error instanceof ApiError ? error.message : "That did not work." }),
	});
}

/** The people of the organization. */
export function Members(): ReactNode {
	const list = useMemberships();
	const [open, setOpen] = useState<Open | null>(null);
	const [made, setMade] = useState<Made | null>(null);
	const close = (): void => setOpen(null);
	return (
		<>
			<RecordRows
				label="Members"
				{...list}
				rowKey={({ prn }) => prn}
				empty={null}
				row={(membership) => <Member membership={membership} onOpen={setOpen} onLink={setMade} />}
			/>
			{open?.what === "change" && <ChangeMemberDialog membership={open.membership} onClose={close} />}
			{open?.what === "remove" && <RemoveMemberDialog membership={open.membership} onClose={close} />}
			{made && (
				<ShownOnce title="Link for a new password" label="Link" text={made.url} onClose={() => setMade(null)}>
					<p>
						Pass it on to {made.user.name} in a way that you trust. It is shown only now, works once, and for a day. All
						sessions and personal keys of {made.user.name} end when it is used.
					</p>
				</ShownOnce>
			)}
		</>
	);
}

interface MemberProps {
	membership: Membership;
	onOpen: (open: Open) => void;
	onLink: (made: Made) => void;
}

function Member({ membership, onOpen, onLink }: MemberProps): ReactNode {
	const { user, grants } = membership;
	const { data: me } = useQuery(meQuery);
	const mayUpdate = usePermission("memberships_update");
	return (
		<RecordRow
			name={user.name}
			badges={
				<>
					{me?.user.prn === user.prn && <Badge tone="plain">You</Badge>}
					{user.disabled_at && <Badge tone="stopped">Disabled</Badge>}
					{!user.second_factor_since && <Badge tone="warn">No second factor</Badge>}
				</>
			}
			facts={
				<>
					{user.email} · member since <Time at={membership.inserted_at} />
				</>
			}
			actions={
				<>
					<Button
						size="small"
						permission={mayUpdate}
						onPress={() => onOpen({ what: "change", membership })}
						aria-label={`Change what ${user.name} may do…`}
					>
						Change…
					</Button>
					<MemberMenu membership={membership} onOpen={onOpen} onLink={onLink} />
				</>
			}
		>
			<Access grants={grants} />
		</RecordRow>
	);
}

/** An entry of a menu that shows why it is disabled. */
function entry(id: string, words: string, permission: Permission, onAction: () => void) {
	if (permission.allowed) return { id, words, onAction };
	const explain = (): void => notify({ tone: "info", text: permission.reason ?? "" });
	return { id, words: `${words} (not allowed)`, onAction: explain };
}

function MemberMenu({ membership, onOpen, onLink }: MemberProps): ReactNode {
	const { user } = membership;
	const path = (prn: string) => ({ params: { path: { prn } } });
	const said = (text: string) => notify({ tone: "good", text });
	const mayUser = usePermission("users_make_reset_link");
	const mayDelete = usePermission("memberships_delete");
	const link = useAccountChange(
		(prn) => change(() => api.POST("/v1/users/{prn}/reset_link", path(prn))),
		({ url }, who) => onLink({ url, user: who }),
	);
	const factor = useAccountChange(
		(prn) => change(() => api.DELETE("/v1/users/{prn}/second_factor", path(prn))),
		(_, { name }) => said(`${name} now signs in with the password only.`),
	);
	const disable = useAccountChange(
		(prn) => change(() => api.PATCH("/v1/users/{prn}", { ...path(prn), body: { disabled: !user.disabled_at } })),
		(_, { name }) => said(user.disabled_at ? `${name} can sign in again.` : `${name} can't sign in any more.`),
	);
	const words = user.disabled_at ? "Let them sign in again" : "Disable the account";
	return (
		<Menu
			label={`More about ${user.name}`}
			entries={[
				entry("link", "Link for a new password", mayUser, () => link.mutate(user)),
				...(user.second_factor_since
					? [entry("factor", "Remove the second factor", mayUser, () => factor.mutate(user))]
					: []),
				entry("disable", words, mayUser, () => disable.mutate(user)),
				entry("remove", "Remove from the organization…", mayDelete, () => onOpen({ what: "remove", membership })),
			]}
		>
			<EllipsisVertical size={16} aria-hidden />
		</Menu>
	);
}

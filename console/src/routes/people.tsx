import { UserRoundPlus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { usePermission } from "../api/permissions";
import { Invitations } from "../resources/people/invitations";
import { InviteDialog } from "../resources/people/invite_dialog";
import { useMemberships } from "../resources/people/member_queries";
import { Members } from "../resources/people/members";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Section } from "../ui/page";
import { ShownOnce } from "../ui/shown_once";
import { counted } from "../words/counts";
import { SettingsPage } from "./settings_page";

/** `/settings/people`: the people in the organization and their permissions. */
export function PeoplePage(): ReactNode {
	const { rows: members, pages } = useMemberships();
	const mayInvite = usePermission("invitations_create");
	const [isInviting, setIsInviting] = useState(false);
	const [made, setMade] = useState<{ url: string; email: string } | null>(null);
	const invite = (): void => setIsInviting(true);
	useAction("Invite a person", invite, mayInvite.allowed);
	const many = members?.length ?? 0;
	const without = members?.filter(({ user }) => !user.second_factor_since).length ?? 0;
	const people = counted(many, "person", "people", !pages.hasNextPage);
	const sentence =
		without === 0 ? `${people}, all with a second factor.` : `${people}, ${without} without a second factor.`;
	return (
		<SettingsPage
			title="People"
			sentence={members ? sentence : "\u00a0"}
			actions={
				<Button look="primary" permission={mayInvite} onPress={invite}>
					<UserRoundPlus size={16} aria-hidden /> Invite a person…
				</Button>
			}
		>
			<Section title="Members" hint="What they may do, and where" isFlush>
				<Members />
			</Section>
			<Section title="Open invitations" isFlush>
				<Invitations onInvite={invite} />
			</Section>
			<Command text="peridio memberships list --output table" />
			{isInviting && (
				<InviteDialog onClose={() => setIsInviting(false)} onInvited={(url, email) => setMade({ url, email })} />
			)}
			{made && (
				<ShownOnce title="The invitation is ready" label="Link" text={made.url} onClose={() => setMade(null)}>
					<p>
						Pass this link on to {made.email} in a way that you trust. It is shown only now, works once, and for three
						days.
					</p>
				</ShownOnce>
			)}
		</SettingsPage>
	);
}

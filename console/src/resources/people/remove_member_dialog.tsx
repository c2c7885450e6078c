import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { ConfirmByTyping } from "../../ui/confirm";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";

interface RemoveMemberProps {
	membership: Schemas["Membership"];
	onClose: () => void;
}

/** Removes a person from the organization, and lists the secrets that they may still know. */
export function RemoveMemberDialog({ membership, onClose }: RemoveMemberProps): ReactNode {
	const { prn, user } = membership;
	const [known, setKnown] = useState<Schemas["ApiKey"][]>([]);
	const remove = useMutation({
		mutationFn: () => change(() => api.DELETE("/v1/memberships/{prn}", { params: { path: { prn } } })),
		onSuccess: async ({ api_keys }) => {
			await queryClient.invalidateQueries({ queryKey: ["membership"] });
			notify({ tone: "good", text: `${user.name} is removed.` });
			if (api_keys.length > 0) setKnown(api_keys);
			else onClose();
		},
	});
	if (known.length > 0) return <KnownSecrets name={user.name} keys={known} onClose={onClose} />;
	return (
		<ConfirmByTyping
			title={`Remove ${user.name}`}
			word={user.email}
			action="Remove"
			isOpen
			onClose={onClose}
			onConfirm={() => remove.mutate()}
			isBusy={remove.isPending}
			error={remove.error}
		>
			<p>
				From the next request on, {user.name} can do nothing here. Open invitations that they made stop working. What
				they did stays in the audit trail.
			</p>
			<Command text={`peridio memberships delete ${quoted(user.email)}`} />
		</ConfirmByTyping>
	);
}

interface KnownSecretsProps {
	name: string;
	keys: readonly Schemas["ApiKey"][];
	onClose: () => void;
}

function KnownSecrets({ name, keys, onClose }: KnownSecretsProps): ReactNode {
	return (
		<Dialog title="Replace these API keys" isOpen onClose={onClose}>
			<p>{name} made them, and so saw their secrets. They go on working until they are revoked.</p>
			<ul>
				{keys.map(({ prn, name: key, hint }) => (
					<li key={prn}>
						{key} <code>{hint}…</code>
					</li>
				))}
			</ul>
			<p>
				<Button look="primary" onPress={onClose}>
					Understood
				</Button>
			</p>
		</Dialog>
	);
}

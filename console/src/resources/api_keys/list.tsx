import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { ConfirmByTyping } from "../../ui/confirm";
import { Command } from "../../ui/copy";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { Time, useNow } from "../../ui/time";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";
import { useActorNames } from "../events/actors";
import { Access } from "../people/access";
import { useApiKeys } from "./queries";

type ApiKey = Schemas["ApiKey"];

/** API keys and their permissions. */
export function ApiKeys({ isWithRevoked, empty }: { isWithRevoked: boolean; empty: ReactNode }): ReactNode {
	const list = useApiKeys(isWithRevoked);
	const [going, setGoing] = useState<ApiKey | null>(null);
	return (
		<>
			<RecordRows
				label="API keys"
				{...list}
				rowKey={({ prn }) => prn}
				empty={empty}
				row={(key) => <KeyRow apiKey={key} onRevoke={() => setGoing(key)} />}
			/>
			{going && <RevokeDialog apiKey={going} onClose={() => setGoing(null)} />}
		</>
	);
}

function StateOf({ apiKey }: { apiKey: ApiKey }): ReactNode {
	const now = useNow().getTime();
	if (apiKey.revoked_at) return <Badge tone="stopped">Revoked</Badge>;
	if (apiKey.expires_at && Date.parse(apiKey.expires_at) < now) return <Badge tone="bad">Expired</Badge>;
	return null;
}

function KeyRow({ apiKey, onRevoke }: { apiKey: ApiKey; onRevoke: () => void }): ReactNode {
	const mayRevoke = usePermission("api_keys_revoke");
	const nameOf = useActorNames();
	const { role, scopes, product_prns = [], cohort_prns = [], owner_prn, expires_at } = apiKey;
	return (
		<RecordRow
			name={apiKey.name}
			badges={<StateOf apiKey={apiKey} />}
			facts={
				<>
					<code>{apiKey.hint}…</code> · made <Time at={apiKey.inserted_at} /> ·{" "}
					{expires_at ? (
						<>
							ends <Time at={expires_at} />
						</>
					) : (
						"never ends"
					)}
					{owner_prn && <> · personal key of {nameOf(owner_prn)}</>}
				</>
			}
			actions={
				!apiKey.revoked_at && (
					<Button
						size="small"
						look="danger"
						permission={mayRevoke}
						onPress={onRevoke}
						aria-label={`Revoke ${apiKey.name}…`}
					>
						Revoke…
					</Button>
				)
			}
		>
			<Access grants={[{ role, scopes: role ? null : scopes, product_prns, cohort_prns }]} />
		</RecordRow>
	);
}

function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }): ReactNode {
	const { prn, name } = apiKey;
	const revoke = useMutation({
		mutationFn: () => change(() => api.DELETE("/v1/api_keys/{prn}", { params: { path: { prn } } })),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["api_key"] });
			notify({ tone: "good", text: `${name} is revoked. Its next request is refused.` });
			onClose();
		},
	});
	return (
		<ConfirmByTyping
			title={`Revoke ${name}`}
			word={name}
			action="Revoke"
			isOpen
			onClose={onClose}
			onConfirm={() => revoke.mutate()}
			isBusy={revoke.isPending}
			error={revoke.error}
		>
			<p>The next request with this key is refused. A revoked key never works again.</p>
			<Command text={`peridio api-keys revoke ${quoted(name)}`} />
		</ConfirmByTyping>
	);
}

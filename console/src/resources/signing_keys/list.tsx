import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { type Permission, usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Badge, type Tone } from "../../ui/badge";
import { Button } from "../../ui/button";
import { ConfirmByTyping } from "../../ui/confirm";
import { Command, Copy } from "../../ui/copy";
import { ErrorNote } from "../../ui/error_note";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { Time } from "../../ui/time";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";
import { counted } from "../../words/counts";
import { signaturesQuery, useSigningKeys } from "./queries";

type SigningKey = Schemas["SigningKey"];

const STATES: Record<string, readonly [Tone, string]> = {
	active: ["good", "Active"],
	disabled: ["stopped", "Disabled"],
	revoked: ["bad", "Revoked"],
};

const ALGORITHMS: Record<string, string> = { ed25519: "Ed25519", rsa: "RSA", ecdsa_p256: "ECDSA P-256" };

const DONE: Record<string, string> = {
	active: "signs again.",
	disabled: "makes no new signatures. Those that it made still count.",
	revoked: "is revoked. Its signatures no longer count.",
};

function useStateChange() {
	return useMutation({
		mutationFn: ({ prn, state }: { prn: string; state: string; name: string }) =>
			change(() => api.PATCH("/v1/signing_keys/{prn}", { params: { path: { prn } }, body: { state } })),
		onSuccess: async (_, { name, state }) => {
			await queryClient.invalidateQueries({ queryKey: ["signing_key"] });
			notify({ tone: "good", text: `${name} ${DONE[state]}` });
		},
	});
}

/** The trusted signing keys. */
export function SigningKeys({ empty }: { empty: ReactNode }): ReactNode {
	const list = useSigningKeys();
	const mayUpdate = usePermission("signing_keys_update");
	const [going, setGoing] = useState<SigningKey | null>(null);
	const set = useStateChange();
	return (
		<>
			{set.error && !going && <ErrorNote error={set.error} />}
			<RecordRows
				label="Signing keys"
				{...list}
				rowKey={({ prn }) => prn}
				empty={empty}
				row={(key) => (
					<KeyRow
						signingKey={key}
						permission={mayUpdate}
						onSet={(state) => set.mutate({ prn: key.prn, name: key.name, state })}
						onRevoke={() => setGoing(key)}
					/>
				)}
			/>
			{going && (
				<ConfirmByTyping
					title={`Revoke ${going.name}`}
					word={going.name}
					action="Revoke"
					isOpen
					onClose={() => setGoing(null)}
					onConfirm={() =>
						set.mutate({ prn: going.prn, name: going.name, state: "revoked" }, { onSuccess: () => setGoing(null) })
					}
					isBusy={set.isPending}
					error={set.error}
				>
					<p>
						Its signatures no longer count: binaries that have no other signature can't be released. This can't be
						undone. To only keep it from signing, disable it.
					</p>
					<Command text={`peridio signing-keys revoke ${quoted(going.name)}`} />
				</ConfirmByTyping>
			)}
		</>
	);
}

interface KeyRowProps {
	signingKey: SigningKey;
	permission: Permission;
	onSet: (state: string) => void;
	onRevoke: () => void;
}

function KeyRow({ signingKey, permission, onSet, onRevoke }: KeyRowProps): ReactNode {
	const { name, state, keyid, algorithm, not_after } = signingKey;
	const [tone, words] = STATES[state] ?? (["none", state] as const);
	const isActive = state === "active";
	return (
		<RecordRow
			name={name}
			badges={<Badge tone={tone}>{words}</Badge>}
			facts={
				<>
					{ALGORITHMS[algorithm] ?? algorithm} · <code>{keyid.slice(0, 16)}…</code>{" "}
					<Copy text={keyid} label={`Copy the key id of ${name}`} /> · since <Time at={signingKey.inserted_at} />
					{not_after && (
						<>
							{" "}
							· its certificate ends <Time at={not_after} />
						</>
					)}
					<Signatures prn={signingKey.prn} />
				</>
			}
			actions={
				state !== "revoked" && (
					<>
						<Button
							size="small"
							permission={permission}
							onPress={() => onSet(isActive ? "disabled" : "active")}
							aria-label={`${isActive ? "Disable" : "Enable"} ${name}`}
						>
							{isActive ? "Disable" : "Enable"}
						</Button>
						<Button
							size="small"
							look="danger"
							permission={permission}
							onPress={onRevoke}
							aria-label={`Revoke ${name}…`}
						>
							Revoke…
						</Button>
					</>
				)
			}
		/>
	);
}

/** How many binaries the key signed. Each binary has at most one signature by a key. */
function Signatures({ prn }: { prn: string }): ReactNode {
	const { data } = useQuery(signaturesQuery(prn));
	const made = data?.binary_signatures.length ?? 0;
	const isAll = !data?.next_page;
	return <> · {data ? `signed ${counted(made, "binary", "binaries", isAll)}` : "…"}</>;
}

import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, Suspense, useState } from "react";
import { answer, api, change, type Schemas } from "../../api/client";
import { meQuery, queryClient } from "../../api/queries";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { ErrorNote } from "../../ui/error_note";
import { SelectField, TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { ShownOnce } from "../../ui/shown_once";
import { Time } from "../../ui/time";
import { TimeField } from "../../ui/widgets";
import { roleInWords } from "../../words/kinds";
import { ROLE_CHOICES } from "./grant_draft";
import styles from "./rows.module.css";

const keysQuery = queryOptions({
	queryKey: ["api_key", "own"],
	queryFn: ({ signal }) => answer(api.GET("/v1/users/me/api_keys", { signal })),
});

const MONTH = 30 * 86_400_000;

/** The API keys of the person, who can create and revoke them. A secret is shown once. */
export function PersonalKeys(): ReactNode {
	const { data, error } = useQuery(keysQuery);
	const [isMaking, setIsMaking] = useState(false);
	const [made, setMade] = useState<string | null>(null);
	const revoke = useMutation({
		mutationFn: (prn: string) => change(() => api.DELETE("/v1/users/me/api_keys/{prn}", { params: { path: { prn } } })),
		onSuccess: () => queryClient.invalidateQueries({ queryKey: keysQuery.queryKey }),
	});
	const problem = error ?? revoke.error;
	const keys = data?.api_keys.filter(({ revoked_at }) => !revoked_at);
	return (
		<>
			{problem && <ErrorNote error={problem} />}
			<RecordRows
				label="Personal keys"
				rows={keys}
				rowKey={({ prn }) => prn}
				row={(key) => <KeyRow apiKey={key} onRevoke={() => revoke.mutate(key.prn)} />}
				empty={<p className={styles.none}>None. A key may do at most what you may, and ends with your membership.</p>}
			/>
			<div className={styles.foot}>
				<Button size="small" onPress={() => setIsMaking(true)}>
					New key…
				</Button>
			</div>
			{isMaking && <NewKey onClose={() => setIsMaking(false)} onMade={setMade} />}
			{made && (
				<ShownOnce
					title="Your new key"
					label="In a terminal"
					text={`export PERIDIO_API_KEY=${made}`}
					onClose={() => setMade(null)}
				>
					<p>It is shown only now. Whoever has it can do what it may, in your name.</p>
				</ShownOnce>
			)}
		</>
	);
}

function KeyRow({ apiKey, onRevoke }: { apiKey: Schemas["ApiKey"]; onRevoke: () => void }): ReactNode {
	const isOver = Boolean(apiKey.expires_at) && Date.parse(apiKey.expires_at ?? "") < Date.now();
	return (
		<RecordRow
			name={apiKey.name}
			badges={isOver && <Badge tone="bad">Expired</Badge>}
			facts={
				<>
					<code>{apiKey.hint}…</code> · {apiKey.role ? roleInWords(apiKey.role) : "single scopes"} ·{" "}
					{apiKey.expires_at ? (
						<>
							ends <Time at={apiKey.expires_at} />
						</>
					) : (
						"never ends"
					)}
				</>
			}
			actions={
				<Button size="small" look="danger" onPress={onRevoke}>
					Revoke
				</Button>
			}
		/>
	);
}

interface NewKeyProps {
	onClose: () => void;
	onMade: (secret: string) => void;
}

function NewKey({ onClose, onMade }: NewKeyProps): ReactNode {
	const { data: me } = useQuery(meQuery);
	const [role, setRole] = useState(me?.user.role ?? "viewer");
	const [expiresAt, setExpiresAt] = useState<string | null>(() => new Date(Date.now() + MONTH).toISOString());
	const make = useMutation({
		mutationFn: ({ name }: Record<string, string>) =>
			change(() => api.POST("/v1/users/me/api_keys", { body: { name: name ?? "", role, expires_at: expiresAt } })),
		onSuccess: async ({ api_key }) => {
			await queryClient.invalidateQueries({ queryKey: keysQuery.queryKey });
			onClose();
			onMade(api_key.key ?? "");
		},
	});
	return (
		<Dialog title="New personal key" isOpen onClose={onClose}>
			<Form
				label="New personal key"
				error={make.error}
				onSubmit={(values) => make.mutate(values)}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={make.isPending}>
							Make the key
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<TextField label="What it is for" name="name" placeholder="laptop" isRequired autoFocus autoComplete="off" />
				<SelectField
					label="It may do what this role may"
					name="role"
					value={role}
					onChange={setRole}
					options={ROLE_CHOICES}
				/>
				<Suspense fallback={null}>
					<TimeField label="Ends" value={expiresAt} onChange={setExpiresAt} help="Empty: never." />
				</Suspense>
			</Form>
		</Dialog>
	);
}

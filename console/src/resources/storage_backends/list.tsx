import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Badge, Chip } from "../../ui/badge";
import { Button } from "../../ui/button";
import { ConfirmByTyping } from "../../ui/confirm";
import { Command } from "../../ui/copy";
import { ErrorNote } from "../../ui/error_note";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";
import { organizationQuery } from "../organization/queries";
import { CheckResult } from "./check_result";
import { useStorages } from "./queries";

type Storage = Schemas["StorageBackend"];

/** The organization's own storage backends. */
export function Storages({ empty }: { empty: ReactNode }): ReactNode {
	const list = useStorages();
	const [going, setGoing] = useState<Storage | null>(null);
	return (
		<>
			<RecordRows
				label="Storages"
				{...list}
				rowKey={({ prn }) => prn}
				empty={empty}
				row={(storage) => <StorageRow storage={storage} onRemove={() => setGoing(storage)} />}
			/>
			{going && <RemoveDialog storage={going} onClose={() => setGoing(null)} />}
		</>
	);
}

/** The organization's use of it. */
function Uses({ storage }: { storage: Storage }): ReactNode {
	const { data } = useQuery(organizationQuery);
	return (
		<>
			{data?.storage_backend_prn === storage.prn && <Badge tone="good">New binaries</Badge>}
			{data?.archive_storage_backend_prn === storage.prn && <Badge tone="plain">Archive</Badge>}
			{storage.replicates && <Badge tone="plain">Replicas</Badge>}
		</>
	);
}

function StorageRow({ storage, onRemove }: { storage: Storage; onRemove: () => void }): ReactNode {
	const { prn, name } = storage;
	const mayCheck = usePermission("storage_backends_check");
	const mayDelete = usePermission("storage_backends_delete");
	const check = useMutation({
		mutationFn: () => change(() => api.POST("/v1/storage_backends/{prn}/check", { params: { path: { prn } } })),
	});
	return (
		<RecordRow
			name={name}
			badges={<Uses storage={storage} />}
			facts={
				<>
					<code>{storage.url}</code>
					{storage.region && <> · {storage.region}</>}
					{storage.endpoint && <> · {storage.endpoint}</>}
					{storage.cdn && <> · behind {storage.cdn.url}</>}
				</>
			}
			actions={
				<>
					<Button
						size="small"
						permission={mayCheck}
						onPress={() => check.mutate()}
						isBusy={check.isPending}
						aria-label={`Try it: ${name}`}
					>
						Try it
					</Button>
					<Button size="small" look="danger" permission={mayDelete} onPress={onRemove} aria-label={`Remove ${name}…`}>
						Remove…
					</Button>
				</>
			}
		>
			{storage.near_tags.map((tag) => (
				<Chip key={tag}>near {tag}</Chip>
			))}
			{check.error && <ErrorNote error={check.error} />}
			{check.data && <CheckResult check={check.data.check} storage={storage} />}
		</RecordRow>
	);
}

function RemoveDialog({ storage, onClose }: { storage: Storage; onClose: () => void }): ReactNode {
	const { prn, name } = storage;
	const remove = useMutation({
		mutationFn: () => change(() => api.DELETE("/v1/storage_backends/{prn}", { params: { path: { prn } } })),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["storage_backend"] });
			notify({ tone: "good", text: `${name} is removed. What is in the bucket stays there.` });
			onClose();
		},
	});
	return (
		<ConfirmByTyping
			title={`Remove ${name}`}
			word={name}
			action="Remove"
			isOpen
			onClose={onClose}
			onConfirm={() => remove.mutate()}
			isBusy={remove.isPending}
			error={remove.error}
		>
			<p>The server forgets it with its credentials. That works only while no content is in it.</p>
			<Command text={`peridio storage-backends delete ${quoted(name)}`} />
		</ConfirmByTyping>
	);
}

import { useMutation } from "@tanstack/react-query";
import { Archive, ArchiveRestore } from "lucide-react";
import type { ReactNode } from "react";
import { api, change } from "../../api/client";
import { type ScopedOperation, usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { useAction } from "../../shell/actions";
import { Button } from "../../ui/button";
import { notify } from "../../ui/toasts";

interface ArchiveButtonProps {
	kind: "artifacts" | "artifact_versions";
	record: { prn: string; archived_at?: string | null };
	name: string;
}

const OPERATIONS = {
	artifacts: "artifacts_archive",
	artifact_versions: "artifact_versions_archive",
} as const satisfies Record<string, ScopedOperation>;

function request({ kind, record }: ArchiveButtonProps) {
	const init = { params: { path: { prn: record.prn } } };
	const isArchived = Boolean(record.archived_at);
	if (kind === "artifacts") {
		return isArchived
			? change(() => api.POST("/v1/artifacts/{prn}/unarchive", init)).then(() => undefined)
			: change(() => api.POST("/v1/artifacts/{prn}/archive", init)).then(() => undefined);
	}
	return isArchived
		? change(() => api.POST("/v1/artifact_versions/{prn}/unarchive", init)).then(() => undefined)
		: change(() => api.POST("/v1/artifact_versions/{prn}/archive", init)).then(() => undefined);
}

/** Archives or unarchives a record. Nothing is deleted, so there is no confirmation. */
export function ArchiveButton(props: ArchiveButtonProps): ReactNode {
	const isArchived = Boolean(props.record.archived_at);
	const permission = usePermission(OPERATIONS[props.kind]);
	const archive = useMutation({
		mutationFn: () => request(props),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: [props.kind.slice(0, -1)] });
			notify({ tone: "good", text: `${props.name} is ${isArchived ? "back in the lists." : "archived."}` });
		},
		onError: (error) => notify({ tone: "bad", text: error.message }),
	});
	const words = isArchived ? "Unarchive" : "Archive";
	useAction(`${words} ${props.name}`, () => archive.mutate(), permission.allowed);
	return (
		<Button permission={permission} isBusy={archive.isPending} onPress={() => archive.mutate()}>
			{isArchived ? <ArchiveRestore size={16} aria-hidden /> : <Archive size={16} aria-hidden />}
			{words}
		</Button>
	);
}

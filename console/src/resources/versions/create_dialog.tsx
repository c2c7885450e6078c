import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { quoted } from "../../words/commands";

interface CreateVersionProps {
	artifact: Schemas["Artifact"];
	onClose: () => void;
}

/** Makes a version of an artifact, and goes to its page, where files are uploaded. */
export function CreateVersionDialog({ artifact, onClose }: CreateVersionProps): ReactNode {
	const navigate = useNavigate();
	const [version, setVersion] = useState("");
	const [description, setDescription] = useState("");
	const create = useMutation({
		mutationFn: () => {
			const body = { artifact_prn: artifact.prn, version, ...(description ? { description } : {}) };
			return change(() => api.POST("/v1/artifact_versions", { body }));
		},
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["artifact_version"] });
			onClose();
			void navigate({ to: "/artifacts/$artifact/$version", params: { artifact: artifact.name, version } });
		},
	});
	const command = `peridio artifact-versions create --artifact ${quoted(artifact.name)} --version ${quoted(version || "1.0.0")}`;
	return (
		<Dialog title={`New version of ${artifact.name}`} isOpen onClose={onClose}>
			<Form
				label="New version"
				error={create.error}
				onSubmit={() => create.mutate()}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={create.isPending} isDisabled={!version}>
							Create
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<TextField
					label="Version"
					name="version"
					value={version}
					onChange={setVersion}
					autoFocus
					autoComplete="off"
					isMono
					placeholder="1.0.0"
					help="It can’t be changed later."
				/>
				<TextField label="Notes" name="description" value={description} onChange={setDescription} autoComplete="off" />
			</Form>
			<Command text={command} />
		</Dialog>
	);
}

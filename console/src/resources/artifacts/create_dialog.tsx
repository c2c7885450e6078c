import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { api, change } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { quoted } from "../../words/commands";

/** Makes an artifact, and goes to its page. */
export function CreateArtifactDialog({ onClose }: { onClose: () => void }): ReactNode {
	const navigate = useNavigate();
	const [name, setName] = useState("");
	const [description, setDescription] = useState("");
	const create = useMutation({
		mutationFn: () =>
			change(() => api.POST("/v1/artifacts", { body: { name, ...(description ? { description } : {}) } })),
		onSuccess: async ({ artifact }) => {
			await queryClient.invalidateQueries({ queryKey: ["artifact"] });
			onClose();
			void navigate({ to: "/artifacts/$artifact", params: { artifact: artifact.name } });
		},
	});
	return (
		<Dialog title="New artifact" isOpen onClose={onClose}>
			<p>An artifact is a kind of firmware that you build again and again: the main firmware, a modem’s, a model.</p>
			<Form
				label="New artifact"
				error={create.error}
				onSubmit={() => create.mutate()}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={create.isPending} isDisabled={!name}>
							Create
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<TextField label="Name" name="name" value={name} onChange={setName} autoFocus autoComplete="off" isMono />
				<TextField label="Notes" name="description" value={description} onChange={setDescription} autoComplete="off" />
			</Form>
			<Command text={`peridio artifacts create --name ${quoted(name || "main-firmware")}`} />
		</Dialog>
	);
}

import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answer, api, change, type Schemas } from "../../api/client";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { ErrorNote } from "../../ui/error_note";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";
import { counted } from "../../words/counts";
import { forgetReleases } from "./confirm_change";
import styles from "./rollback_dialog.module.css";

interface RollbackDialogProps {
	release: Schemas["Release"];
	cohort: string;
	onClose: () => void;
}

/** Gives the release's devices the previous bundle again. The server first says what that needs. */
export function RollbackDialog({ release, cohort, onClose }: RollbackDialogProps): ReactNode {
	const path = { prn: release.prn };
	const trial = useQuery({
		queryKey: ["plan", "rollback", release.prn],
		queryFn: () => answer(api.POST("/v1/releases/{prn}/rollback", { params: { path }, body: { dry_run: true } })),
		gcTime: 0,
		retry: false,
	});
	const rollback = useMutation({
		mutationFn: () => change(() => api.POST("/v1/releases/{prn}/rollback", { params: { path }, body: {} })),
		onSuccess: async () => {
			notify({ tone: "good", text: `${release.name} is rolled back.` });
			onClose();
			await forgetReleases();
		},
	});
	return (
		<Dialog title={`Roll back ${release.name}`} isOpen onClose={onClose} isUrgent>
			<p>No further device gets it, and the devices on it get the bundle of the release before.</p>
			{trial.error && <ErrorNote error={trial.error} title="This would be refused" />}
			{trial.data && <Steps rollback={trial.data} />}
			<Form
				label="Roll back"
				error={rollback.error}
				onSubmit={() => rollback.mutate()}
				actions={
					<>
						<Button
							type="submit"
							look="danger"
							isBusy={rollback.isPending}
							isDisabled={trial.isPending || trial.isError || trial.data?.changed === false}
						>
							Roll back
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<Command text={`peridio releases rollback ${quoted(`${cohort}/${release.name}`)}`} />
			</Form>
		</Dialog>
	);
}

function Steps({ rollback: { steps, devices, changed } }: { rollback: Schemas["Rollback"] }): ReactNode {
	const left = devices.not_reached + devices.without_binary;
	return (
		<>
			{!changed && <p>It is rolled back already.</p>}
			<ol className={styles.steps}>
				{steps.map((step) => (
					<li key={step}>{step}</li>
				))}
			</ol>
			{left > 0 && <p>{counted(left, "device stays", "devices stay")} on it: nothing reaches them.</p>}
		</>
	);
}

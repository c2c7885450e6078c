import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { Progress } from "../../ui/progress";
import { saveFile } from "../../ui/save_file";
import { notify } from "../../ui/toasts";
import { count, counted } from "../../words/counts";
import type { Chosen } from "./chosen";
import { csvOf, exportCommand, MOST_EXPORTED, readChosen } from "./export";

interface ExportDialogProps {
	chosen: Chosen;
	/** The number of devices, as far as it is known. */
	total: number;
	onClose: () => void;
}

/** Saves the chosen devices as a file. */
export function ExportDialog({ chosen, total, onClose }: ExportDialogProps): ReactNode {
	const [read, setRead] = useState(0);
	const controller = useRef(new AbortController());
	useEffect(() => {
		const { current } = controller;
		return () => current.abort();
	}, []);
	const saving = useMutation({
		mutationFn: () => readChosen(chosen, { signal: controller.current.signal, onRead: setRead }),
		onSuccess: (devices) => {
			saveFile("devices.csv", csvOf(devices), "text/csv;charset=utf-8");
			notify({ tone: "good", text: `${counted(devices.length, "device is", "devices are")} saved in devices.csv.` });
			onClose();
		},
	});
	return (
		<Dialog title="Export devices" isOpen onClose={onClose}>
			<p>
				A CSV file with the columns that the import reads: identifier, product, cohort, tags, description, target and
				quarantine. At most {count(MOST_EXPORTED)} devices; the command below has no limit, and all fields.
			</p>
			<Form
				label="Export"
				error={saving.error}
				onSubmit={() => saving.mutate()}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={saving.isPending}>
							Save as CSV
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				{saving.isPending && <Progress label="Devices that are read" value={total > 0 ? read / total : 0} />}
				<Command text={exportCommand(chosen)} />
			</Form>
		</Dialog>
	);
}

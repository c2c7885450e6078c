import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, change, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { ErrorNote } from "../../ui/error_note";
import { Time } from "../../ui/time";
import { notify } from "../../ui/toasts";
import styles from "./resume_dialog.module.css";
import { StopName } from "./stop_name";

type Stop = Schemas["Stop"];

/** The active emergency stops, each with a button that ends it. The dialog first says what will happen. */
export function ResumeDialog({ stops, onClose }: { stops: readonly Stop[]; onClose: () => void }): ReactNode {
	const resume = useMutation({
		mutationFn: ({ product_prn, cohort_prn }: Stop) =>
			change(() =>
				api.POST("/v1/organization/resume", {
					body: { ...(product_prn ? { product_prn } : {}), ...(cohort_prn ? { cohort_prn } : {}) },
				}),
			),
		onSuccess: async (left) => {
			await queryClient.invalidateQueries({ queryKey: ["organization"] });
			notify({ tone: "good", text: "Resumed. Devices get their updates again when they next ask." });
			if (left.stops.length === 0) onClose();
		},
	});
	return (
		<Dialog title="Resume updates" isOpen onClose={onClose} isLight>
			<p>Devices then get at once what their releases and overrides have for them.</p>
			<ul className={styles.list}>
				{stops.map((stop) => (
					<li key={`${stop.product_prn}${stop.cohort_prn}`} className={styles.stop}>
						<div className={styles.words}>
							<strong>
								<StopName stop={stop} />
							</strong>
							<p>{stop.reason}</p>
							<p className={styles.since}>
								stopped <Time at={stop.stopped_at} />
							</p>
						</div>
						<Button onPress={() => resume.mutate(stop)} isBusy={resume.isPending}>
							Resume
						</Button>
					</li>
				))}
			</ul>
			{resume.error && <ErrorNote error={resume.error} />}
		</Dialog>
	);
}

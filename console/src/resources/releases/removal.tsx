import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, change } from "../../api/client";
import { ConfirmByTyping } from "../../ui/confirm";
import { ErrorNote } from "../../ui/error_note";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";
import { counted } from "../../words/counts";
import { ConfirmChange, forgetReleases } from "./confirm_change";
import { PlanView } from "./plan_view";
import { asPlanned, planArchive, planDelete } from "./plans";

interface RemovalProps {
	release: { prn: string; name: string; devices: number };
	cohort: string;
	onClose: () => void;
	onDone: () => void;
}

/** Archives a release. This can be undone. */
export function ArchiveRelease({ release, cohort, onClose, onDone }: RemovalProps): ReactNode {
	const path = { prn: release.prn };
	return (
		<ConfirmChange
			title={`Archive ${release.name}`}
			action="Archive"
			plan={() => planArchive(release.prn)}
			apply={(plan) => change(() => api.POST("/v1/releases/{prn}/archive", { params: { path }, ...asPlanned(plan) }))}
			command={`peridio releases archive ${quoted(`${cohort}/${release.name}`)}`}
			onDone={() => {
				notify({ tone: "good", text: `${release.name} is in the archive.` });
				onDone();
			}}
			onClose={onClose}
		>
			<p>
				No further device gets it. Releases that lead to it then lead to its next one, and the{" "}
				{counted(release.devices, "device", "devices")} on it go on to that one. It can be taken back.
			</p>
		</ConfirmChange>
	);
}

/** Deletes a release permanently. */
export function DeleteRelease({ release, cohort, onClose, onDone }: RemovalProps): ReactNode {
	const path = { prn: release.prn };
	const plan = useQuery({
		queryKey: ["plan", "delete", release.prn],
		queryFn: () => planDelete(release.prn),
		gcTime: 0,
	});
	const remove = useMutation({
		mutationFn: () =>
			change(() => api.DELETE("/v1/releases/{prn}", { params: { path, query: { confirm: release.prn } } })),
		onSuccess: async () => {
			onDone();
			notify({ tone: "good", text: `${release.name} is deleted.` });
			await forgetReleases();
		},
	});
	return (
		<ConfirmByTyping
			title={`Delete ${cohort}/${release.name}`}
			word={release.name}
			action="Delete"
			isOpen
			onClose={onClose}
			onConfirm={() => remove.mutate()}
			isBusy={remove.isPending}
			error={remove.error}
		>
			<p>
				It goes for good, with its numbers. Releases that lead to it then lead to its next one.
				{release.devices > 0 &&
					` ${counted(release.devices, "device is", "devices are")} on it: the server then finds their place by their bundle, else by their version.`}
			</p>
			{plan.error && <ErrorNote error={plan.error} title="This would be refused" />}
			{plan.data && <PlanView plan={plan.data} />}
		</ConfirmByTyping>
	);
}

import { useMutation } from "@tanstack/react-query";
import { Ban, Play } from "lucide-react";
import { type ReactNode, useState } from "react";
import { api, change } from "../../api/client";
import { type Permission, usePermission } from "../../api/permissions";
import { Button } from "../../ui/button";
import { notify } from "../../ui/toasts";
import { quoted } from "../../words/commands";
import { ConfirmChange, forgetReleases } from "./confirm_change";
import { asPlanned, planUpdate } from "./plans";

interface Stoppable {
	prn: string;
	name: string;
	disabled: boolean;
}

interface Stopping {
	/** The label of the button. */
	words: string;
	act: () => void;
	permission: Permission;
	isBusy: boolean;
	/** The confirmation before devices get it again. */
	question: ReactNode;
}

/**
 * Stops a release at once. Letting devices get it again needs a confirmation. `cohort`: as written in commands, such as `gateway/daily`.
 */
export function useStop(release: Stoppable, cohort: string): Stopping {
	const [isAsking, setIsAsking] = useState(false);
	const permission = usePermission("releases_update");
	const path = { prn: release.prn };
	const stop = useMutation({
		mutationFn: () => change(() => api.PATCH("/v1/releases/{prn}", { params: { path }, body: { disabled: true } })),
		onSuccess: async () => {
			await forgetReleases();
			notify({ tone: "good", text: `${release.name} is stopped: no further device gets it.` });
		},
		onError: (error) => notify({ tone: "bad", text: error.message }),
	});
	return {
		words: release.disabled ? "Let devices get it…" : "Stop",
		act: () => (release.disabled ? setIsAsking(true) : stop.mutate()),
		permission,
		isBusy: stop.isPending,
		question: isAsking && <Question release={release} cohort={cohort} onClose={() => setIsAsking(false)} />,
	};
}

interface QuestionProps {
	release: Stoppable;
	cohort: string;
	onClose: () => void;
}

function Question({ release, cohort, onClose }: QuestionProps): ReactNode {
	const path = { prn: release.prn };
	const body = { disabled: false };
	return (
		<ConfirmChange
			title={`Let devices get ${release.name}`}
			action="Let them get it"
			plan={() => planUpdate(release.prn, body)}
			apply={(plan) => change(() => api.PATCH("/v1/releases/{prn}", { params: { path }, body, ...asPlanned(plan) }))}
			command={`peridio releases update ${quoted(`${cohort}/${release.name}`)} --disabled false`}
			onDone={onClose}
			onClose={onClose}
		>
			<p>Devices that it is for get it when they next ask.</p>
		</ConfirmChange>
	);
}

/** The button. It is red while devices can get the release. */
export function StopButton({ stopping, isDisabled }: { stopping: Stopping; isDisabled: boolean }): ReactNode {
	const { words, act, permission, isBusy, question } = stopping;
	return (
		<>
			<Button look={isDisabled ? "plain" : "danger"} permission={permission} onPress={act} isBusy={isBusy}>
				{isDisabled ? <Play size={16} aria-hidden /> : <Ban size={16} aria-hidden />}
				{words}
			</Button>
			{question}
		</>
	);
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { Archive, ArchiveRestore, Ellipsis, OctagonX, Play } from "lucide-react";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Menu } from "../../ui/menu";
import { notify } from "../../ui/toasts";
import { overviewQuery } from "../overview/queries";
import { ResumeDialog } from "../overview/resume_dialog";
import { StopDialog } from "../overview/stop_dialog";

interface CohortMenuProps {
	cohort: Schemas["Cohort"];
	/** `gateway/daily`. */
	name: string;
}

/** The less common actions for a cohort: archiving it, and an emergency stop of this cohort alone. */
export function CohortMenu({ cohort, name }: CohortMenuProps): ReactNode {
	const [isOpen, setIsOpen] = useState(false);
	const maySee = usePermission("organization_overview").allowed;
	const { data } = useQuery({ ...overviewQuery, enabled: maySee });
	const stops = data?.overview.stops.filter(({ cohort_prn }) => cohort_prn === cohort.prn) ?? [];
	const isStopped = stops.length > 0;
	const mayStop = usePermission(isStopped ? "organization_resume" : "organization_stop").allowed;
	const mayUpdate = usePermission("cohorts_update").allowed;
	const isArchived = Boolean(cohort.archived_at);
	const path = { prn: cohort.prn };
	const archive = useMutation({
		mutationFn: () =>
			change(() =>
				isArchived
					? api.POST("/v1/cohorts/{prn}/unarchive", { params: { path } })
					: api.POST("/v1/cohorts/{prn}/archive", { params: { path } }),
			),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["cohort"] });
			notify({ tone: "good", text: `${name} is ${isArchived ? "taken back from" : "in"} the archive.` });
		},
		onError: (error) => notify({ tone: "bad", text: error.message }),
	});
	return (
		<>
			<Menu
				label={`More about ${name}`}
				entries={[
					{
						id: "stop",
						words: isStopped ? "Resume updates…" : "Stop all its updates…",
						icon: isStopped ? <Play size={16} /> : <OctagonX size={16} />,
						onAction: () => setIsOpen(true),
						isDisabled: !mayStop,
					},
					{
						id: "archive",
						words: isArchived ? "Take back from the archive" : "Archive",
						icon: isArchived ? <ArchiveRestore size={16} /> : <Archive size={16} />,
						onAction: () => archive.mutate(),
						isDisabled: !mayUpdate,
					},
				]}
			>
				<Ellipsis size={16} aria-hidden />
			</Menu>
			{isOpen && isStopped && <ResumeDialog stops={stops} onClose={() => setIsOpen(false)} />}
			{isOpen && !isStopped && <StopDialog initially={cohort.prn} onClose={() => setIsOpen(false)} />}
		</>
	);
}

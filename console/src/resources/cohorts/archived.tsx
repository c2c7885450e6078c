import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { Button } from "../../ui/button";
import { Link } from "../../ui/link";
import { Section } from "../../ui/page";
import { Table } from "../../ui/table";
import { Time } from "../../ui/time";
import { notify } from "../../ui/toasts";
import { forgetReleases } from "../releases/confirm_change";
import { releaseId, releasesOfCohortQuery } from "../releases/queries";

type Release = Schemas["Release"];

function TakeBack({ release }: { release: Release }): ReactNode {
	const permission = usePermission("releases_update");
	const back = useMutation({
		mutationFn: () =>
			change(() => api.POST("/v1/releases/{prn}/unarchive", { params: { path: { prn: release.prn } }, body: {} })),
		onSuccess: async () => {
			await forgetReleases();
			notify({ tone: "good", text: `${release.name} is the latest release now.` });
		},
		onError: (error) => notify({ tone: "bad", text: error.message }),
	});
	return (
		<Button size="small" permission={permission} onPress={() => back.mutate()} isBusy={back.isPending}>
			Take back as the latest
		</Button>
	);
}

/** The archived releases, which are not in the graph any more. */
export function ArchivedReleases({ cohort, name }: { cohort: Schemas["Cohort"]; name: string }): ReactNode {
	const { data } = useQuery(releasesOfCohortQuery(cohort.prn, "true"));
	if (!data || data.releases.length === 0) return null;
	return (
		<Section title="Archive" hint="Taken off the path. No device gets these." isFlush>
			<Table
				label={`Archived releases of ${name}`}
				columns={[
					{
						heading: "Release",
						width: "name",
						cell: ({ prn, name: release }: Release) => (
							<Link to="/releases/$release" params={{ release: releaseId(prn) }} look="plain">
								{release}
							</Link>
						),
					},
					{ heading: "Archived", cell: ({ archived_at: at }) => (at ? <Time at={at} /> : null) },
					{ heading: "Back", isOnPhone: true, cell: (release) => <TakeBack release={release} /> },
				]}
				rows={data.releases}
				rowKey={({ prn }) => prn}
				empty={null}
			/>
		</Section>
	);
}

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, change, type Schemas } from "../../api/client";
import { ifMatch, tagged } from "../../api/tagged";
import { Dialog } from "../../ui/dialog";
import { type EditField, EditForm } from "../../ui/edit/edit_form";
import type { Values } from "../../ui/edit/merge";
import type { Revision } from "../../ui/edit/use_edit";
import { notify } from "../../ui/toasts";
import { flags, quoted } from "../../words/commands";
import { ChangedBy } from "../events/changed_by";
import { forgetReleases } from "./confirm_change";

type Release = Schemas["Release"];

const FIELDS: readonly EditField[] = [
	{ name: "name", label: "Name", isRequired: true },
	{
		name: "version",
		label: "Version",
		kind: "mono",
		help: "Devices that report only a version get it if theirs is older.",
	},
	{
		name: "version_requirement",
		label: "For devices that run",
		kind: "mono",
		help: "Such as >= 2.0.0 and < 3.0.0. Empty: any older version.",
	},
	{
		name: "required",
		label: "May devices skip it?",
		kind: "choice",
		options: [
			["false", "Yes, on the way to a later one"],
			["true", "No, all must install it first"],
		],
	},
	{
		name: "schedule_date",
		label: "Not before",
		kind: "time",
		help: "Empty: at once. Only the latest release can wait.",
	},
	{ name: "description", label: "Notes", kind: "lines" },
];

function revisionOf(release: Release, etag: string | null): Revision {
	const { name, version, version_requirement, schedule_date, description, required } = release;
	return {
		values: {
			name,
			version: version ?? "",
			version_requirement: version_requirement ?? "",
			required: String(required),
			schedule_date: schedule_date ?? "",
			description: description ?? "",
		},
		etag,
	};
}

/** Reads a release into its form. */
async function readRelease(prn: string): Promise<Revision> {
	const { release, etag } = await tagged(api.GET("/v1/releases/{prn}", { params: { path: { prn } } }));
	return revisionOf(release, etag);
}

function bodyOf(changes: Values): Schemas["ReleaseUpdate"] {
	const { required, ...texts } = changes;
	const body = Object.fromEntries(Object.entries(texts).map(([field, value]) => [field, value || null]));
	return { ...body, ...(required === undefined ? {} : { required: required === "true" }) };
}

/** The dialog, after the release was read. */
export function EditRelease(props: Omit<EditReleaseDialogProps, "from">): ReactNode {
	const { prn } = props.release;
	const { data } = useQuery({
		queryKey: ["release", "form", prn],
		queryFn: () => readRelease(prn),
		staleTime: Infinity,
		gcTime: 0,
	});
	return data ? <EditReleaseDialog {...props} from={data} /> : null;
}

interface EditReleaseDialogProps {
	release: { prn: string; name: string };
	cohort: string;
	from: Revision;
	onClose: () => void;
}

/** Changes the properties of a release and its schedule. */
function EditReleaseDialog({ release, cohort, from, onClose }: EditReleaseDialogProps): ReactNode {
	const path = { prn: release.prn };
	const save = async (changes: Values, etag: string | null): Promise<void> => {
		const body = bodyOf(changes);
		await change(() => api.PATCH("/v1/releases/{prn}", { params: { path }, body, headers: ifMatch(etag) }));
		await forgetReleases();
		notify({ tone: "good", text: `${changes.name ?? release.name} is changed.` });
		onClose();
	};
	return (
		<Dialog title={`Edit ${release.name}`} isOpen onClose={onClose}>
			<EditForm
				label="Edit release"
				fields={FIELDS}
				from={from}
				save={save}
				reread={() => readRelease(release.prn)}
				by={<ChangedBy prn={release.prn} />}
				action="Save"
				onClose={onClose}
				commandOf={(changes) => `peridio releases update ${quoted(`${cohort}/${release.name}`)}${flags(changes)}`}
			/>
		</Dialog>
	);
}

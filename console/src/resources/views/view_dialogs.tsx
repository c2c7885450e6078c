import type { ReactNode } from "react";
import { api, change } from "../../api/client";
import { queryClient } from "../../api/queries";
import { ifMatch } from "../../api/tagged";
import { Dialog } from "../../ui/dialog";
import { type EditField, EditForm } from "../../ui/edit/edit_form";
import type { Values } from "../../ui/edit/merge";
import type { Revision } from "../../ui/edit/use_edit";
import { notify } from "../../ui/toasts";
import { flags, folded, quoted } from "../../words/commands";
import { ChangedBy } from "../events/changed_by";
import { readView, type View } from "./queries";

const NAME: EditField = { name: "name", label: "Name", isRequired: true };
const SHARED: EditField = {
	name: "shared",
	label: "Who sees it",
	kind: "choice",
	options: [
		["false", "Only I"],
		["true", "Everybody in the organization"],
	],
	help: "A view holds no data: whoever opens it sees what they may see.",
};
const QUERY: EditField = {
	name: "query",
	label: "What it shows",
	kind: "mono",
	help: "What stands behind the ? of the page's address.",
};

async function done(text: string, onClose: () => void): Promise<void> {
	await queryClient.invalidateQueries({ queryKey: ["view"] });
	notify({ tone: "good", text });
	onClose();
}

interface SaveProps {
	path: string;
	query: string;
	onClose: () => void;
}

/** Saves what the page shows under a name. */
export function SaveViewDialog({ path, query, onClose }: SaveProps): ReactNode {
	const save = async ({ name = "", shared }: Values): Promise<void> => {
		await change(() => api.POST("/v1/views", { body: { name, path, query, shared: shared === "true" } }));
		await done(`View ${name} is saved.`, onClose);
	};
	const commandOf = ({ name = "", shared }: Values): string =>
		folded(`peridio views create${flags({ name, path, ...(query ? { query } : {}) })}${shared ? " --shared" : ""}`);
	return (
		<Dialog title="Save this view" isOpen onClose={onClose}>
			<p>
				The page as it is now, with its search, under a name. It is a link: what it shows is looked up when it is
				opened.
			</p>
			<EditForm
				label="Save this view"
				fields={[NAME, SHARED]}
				from={{ values: { name: "", shared: "false" }, etag: null }}
				save={save}
				action="Save"
				onClose={onClose}
				commandOf={commandOf}
			/>
		</Dialog>
	);
}

interface EditProps {
	view: View;
	from: Revision;
	onClose: () => void;
}

/** Changes a view. */
export function EditViewDialog({ view, from, onClose }: EditProps): ReactNode {
	const save = async ({ shared, ...texts }: Values, etag: string | null): Promise<void> => {
		const body = { ...texts, ...(shared ? { shared: shared === "true" } : {}) };
		const params = { path: { prn: view.prn } };
		await change(() => api.PATCH("/v1/views/{prn}", { params, body, headers: ifMatch(etag) }));
		await done(`View ${texts.name ?? view.name} is changed.`, onClose);
	};
	return (
		<Dialog title={`Edit ${view.name}`} isOpen onClose={onClose}>
			<EditForm
				label="Edit view"
				fields={[NAME, SHARED, QUERY]}
				from={from}
				save={save}
				reread={() => readView(view.prn)}
				by={<ChangedBy prn={view.prn} />}
				action="Save"
				onClose={onClose}
				commandOf={(changes) => `peridio views update ${quoted(view.name)}${flags(changes)}`}
			/>
		</Dialog>
	);
}

/** Deletes a view. */
export async function deleteView({ prn }: View): Promise<void> {
	await change(() => api.DELETE("/v1/views/{prn}", { params: { path: { prn } } }));
	await queryClient.invalidateQueries({ queryKey: ["view"] });
}

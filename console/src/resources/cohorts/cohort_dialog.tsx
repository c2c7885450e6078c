import type { ReactNode } from "react";
import { api, change, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { ifMatch, tagged } from "../../api/tagged";
import { Dialog } from "../../ui/dialog";
import { type EditField, EditForm } from "../../ui/edit/edit_form";
import type { Values } from "../../ui/edit/merge";
import type { Revision } from "../../ui/edit/use_edit";
import { notify } from "../../ui/toasts";
import { flags, quoted } from "../../words/commands";
import { ChangedBy } from "../events/changed_by";

const FIELDS: readonly EditField[] = [
	{ name: "name", label: "Name", isRequired: true, help: "Such as daily, stable or factory." },
	{ name: "description", label: "Notes", kind: "lines" },
];

type Cohort = Schemas["Cohort"];

async function read(prn: string): Promise<Revision> {
	const { cohort, etag } = await tagged(api.GET("/v1/cohorts/{prn}", { params: { path: { prn } } }));
	return { values: { name: cohort.name, description: cohort.description ?? "" }, etag };
}

async function told(text: string): Promise<void> {
	await queryClient.invalidateQueries({ queryKey: ["cohort"] });
	notify({ tone: "good", text });
}

/** Makes a cohort of a product. */
export function NewCohortDialog({ product, onClose }: { product: Schemas["Product"]; onClose: () => void }): ReactNode {
	const save = async ({ name = "", description }: Values): Promise<void> => {
		const body = { product_prn: product.prn, name, ...(description ? { description } : {}) };
		await change(() => api.POST("/v1/cohorts", { body }));
		await told(`Cohort ${product.name}/${name} is there.`);
		onClose();
	};
	const command = `peridio cohorts create --product ${quoted(product.name)}`;
	return (
		<Dialog title={`New cohort of ${product.name}`} isOpen onClose={onClose}>
			<p>A cohort is a group of the product's devices. It has releases of its own.</p>
			<EditForm
				label="New cohort"
				fields={FIELDS}
				from={{ values: { name: "", description: "" }, etag: null }}
				save={save}
				action="Create"
				onClose={onClose}
				commandOf={(values) => `${command}${flags({ name: "", ...values })}`}
			/>
		</Dialog>
	);
}

interface EditCohortDialogProps {
	cohort: Cohort;
	product: string;
	from: Revision;
	onClose: () => void;
	/** The name may have changed, and it is a part of the page's address. */
	onSaved: (name: string) => void;
}

/** Changes a cohort. */
export function EditCohortDialog({ cohort, product, from, onClose, onSaved }: EditCohortDialogProps): ReactNode {
	const path = { prn: cohort.prn };
	const save = async (changes: Values, etag: string | null): Promise<void> => {
		const body = Object.fromEntries(Object.entries(changes).map(([field, value]) => [field, value || null]));
		const { cohort: saved } = await change(() =>
			api.PATCH("/v1/cohorts/{prn}", { params: { path }, body, headers: ifMatch(etag) }),
		);
		await told(`Cohort ${product}/${saved.name} is changed.`);
		onSaved(saved.name);
	};
	return (
		<Dialog title={`Edit ${product}/${cohort.name}`} isOpen onClose={onClose}>
			<EditForm
				label="Edit cohort"
				fields={FIELDS}
				from={from}
				save={save}
				reread={() => read(cohort.prn)}
				by={<ChangedBy prn={cohort.prn} />}
				action="Save"
				onClose={onClose}
				commandOf={(changes) => `peridio cohorts update ${quoted(`${product}/${cohort.name}`)}${flags(changes)}`}
			/>
		</Dialog>
	);
}

export { read as readCohort };

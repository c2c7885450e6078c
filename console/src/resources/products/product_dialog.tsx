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
	{ name: "name", label: "Name", isRequired: true },
	{
		name: "target",
		label: "Target",
		kind: "mono",
		help: "The hardware of its devices that have no target of their own, such as arm-linux-gnueabihf.",
	},
	{ name: "description", label: "Notes", kind: "lines" },
];

type Product = Schemas["Product"];

function valuesOf({ name, target, description }: Product): Values {
	return { name, target: target ?? "", description: description ?? "" };
}

async function read(prn: string): Promise<Revision> {
	const { product, etag } = await tagged(api.GET("/v1/products/{prn}", { params: { path: { prn } } }));
	return { values: valuesOf(product), etag };
}

async function done(text: string, onClose: () => void): Promise<void> {
	await queryClient.invalidateQueries({ queryKey: ["product"] });
	await queryClient.invalidateQueries({ queryKey: ["cohort"] });
	notify({ tone: "good", text });
	onClose();
}

/** Makes a product. */
export function NewProductDialog({ onClose }: { onClose: () => void }): ReactNode {
	const save = async ({ name = "", target, description }: Values): Promise<void> => {
		const body = { name, ...(target ? { target } : {}), ...(description ? { description } : {}) };
		await change(() => api.POST("/v1/products", { body }));
		await done(`Product ${name} is there. It needs a cohort next.`, onClose);
	};
	return (
		<Dialog title="New product" isOpen onClose={onClose}>
			<p>A product is a kind of device: one board, one target. Its devices are grouped into cohorts.</p>
			<EditForm
				label="New product"
				fields={FIELDS}
				from={{ values: { name: "", target: "", description: "" }, etag: null }}
				save={save}
				action="Create"
				onClose={onClose}
				commandOf={(values) => `peridio products create${flags({ name: "", ...values })}`}
			/>
		</Dialog>
	);
}

/** Changes a product. */
export function EditProductDialog({
	product,
	from,
	onClose,
}: {
	product: Product;
	from: Revision;
	onClose: () => void;
}): ReactNode {
	const path = { prn: product.prn };
	const save = async (changes: Values, etag: string | null): Promise<void> => {
		const body = Object.fromEntries(Object.entries(changes).map(([field, value]) => [field, value || null]));
		await change(() => api.PATCH("/v1/products/{prn}", { params: { path }, body, headers: ifMatch(etag) }));
		await done(`Product ${changes.name ?? product.name} is changed.`, onClose);
	};
	return (
		<Dialog title={`Edit ${product.name}`} isOpen onClose={onClose}>
			<EditForm
				label="Edit product"
				fields={FIELDS}
				from={from}
				save={save}
				reread={() => read(product.prn)}
				by={<ChangedBy prn={product.prn} />}
				action="Save"
				onClose={onClose}
				commandOf={(changes) => `peridio products update ${quoted(product.name)}${flags(changes)}`}
			/>
		</Dialog>
	);
}

export { read as readProduct };

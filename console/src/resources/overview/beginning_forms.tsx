import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { answer, api, change, type Schemas } from "../../api/client";
import { type ScopedOperation, usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { Link } from "../../ui/link";
import styles from "./beginning.module.css";

interface StepFormProps {
	label: string;
	/** The operation of the step. People who may not do it see the reason. */
	operation: ScopedOperation;
	action: string;
	submit: (values: Record<string, string>) => Promise<unknown>;
	children: ReactNode;
	/** Other ways to do the same. */
	also?: ReactNode;
}

/** The form of a step, with default values. */
function StepForm({ label, operation, action, submit, children, also }: StepFormProps): ReactNode {
	const permission = usePermission(operation);
	const send = useMutation({ mutationFn: submit });
	return (
		<Form
			label={label}
			error={send.error}
			onSubmit={(values) => send.mutate(values)}
			actions={
				<>
					<Button type="submit" look="primary" permission={permission} isBusy={send.isPending}>
						{action}
					</Button>
					{also}
				</>
			}
		>
			<div className={styles.fields}>{children}</div>
		</Form>
	);
}

async function artifactOf(name: string): Promise<Schemas["Artifact"]> {
	const { artifacts } = await answer(api.GET("/v1/artifacts", { params: { query: { name, limit: 1 } } }));
	if (artifacts[0]) return artifacts[0];
	return (await change(() => api.POST("/v1/artifacts", { body: { name } }))).artifact;
}

/** Creates an artifact with a version, and goes to the page for uploads. */
export function FirmwareForm(): ReactNode {
	const navigate = useNavigate();
	const submit = async ({ name = "", version = "" }: Record<string, string>): Promise<void> => {
		const { prn } = await artifactOf(name);
		const query = { artifact_prn: prn, version, limit: 1 };
		const { artifact_versions: there } = await answer(api.GET("/v1/artifact_versions", { params: { query } }));
		if (!there[0]) await change(() => api.POST("/v1/artifact_versions", { body: { artifact_prn: prn, version } }));
		await queryClient.invalidateQueries({ queryKey: ["artifact"] });
		await queryClient.invalidateQueries({ queryKey: ["artifact_version"] });
		void navigate({ to: "/artifacts/$artifact/$version", params: { artifact: name, version } });
	};
	return (
		<StepForm label="Upload a firmware" operation="artifact_versions_create" action="Go on to its file" submit={submit}>
			<TextField label="Artifact" name="name" defaultValue="main-firmware" isMono autoComplete="off" />
			<TextField label="Version" name="version" defaultValue="1.0.0" isMono autoComplete="off" />
		</StepForm>
	);
}

async function productOf(name: string, target: string): Promise<Schemas["Product"]> {
	const { products } = await answer(api.GET("/v1/products", { params: { query: { name, limit: 1 } } }));
	if (products[0]) return products[0];
	const body = { name, ...(target ? { target } : {}) };
	return (await change(() => api.POST("/v1/products", { body }))).product;
}

interface CohortFormProps {
	product: Schemas["Product"] | undefined;
	/** The version that was uploaded. */
	target: string | undefined;
}

/** Creates a product with a cohort. */
export function CohortForm({ product, target }: CohortFormProps): ReactNode {
	const submit = async (values: Record<string, string>): Promise<void> => {
		const { prn } = await productOf(values.product ?? "", values.target ?? "");
		await change(() => api.POST("/v1/cohorts", { body: { product_prn: prn, name: values.name ?? "" } }));
		await queryClient.invalidateQueries({ queryKey: ["organization", "beginnings"] });
	};
	return (
		<StepForm label="Make a product and a cohort" operation="cohorts_create" action="Create them" submit={submit}>
			<TextField label="Product" name="product" defaultValue={product?.name ?? "gateway"} autoComplete="off" />
			<TextField
				label="Target"
				name="target"
				defaultValue={product?.target ?? target ?? ""}
				isMono
				autoComplete="off"
				help="The hardware, as the firmware’s target names it."
			/>
			<TextField label="Cohort" name="name" defaultValue="daily" autoComplete="off" />
		</StepForm>
	);
}

/** Registers a device in the cohort. */
export function DeviceForm({ cohort }: { cohort: Schemas["Cohort"] }): ReactNode {
	const submit = async ({ identifier = "" }: Record<string, string>): Promise<void> => {
		const body = { identifier, product_prn: cohort.product_prn, cohort_prn: cohort.prn };
		await change(() => api.POST("/v1/devices", { body }));
		await queryClient.invalidateQueries({ queryKey: ["device"] });
	};
	return (
		<StepForm
			label="Register a device"
			operation="devices_create"
			action="Register it"
			submit={submit}
			also={
				<Link to="/settings/ca-certificates/new" look="button">
					Register a CA…
				</Link>
			}
		>
			<TextField
				label="Identifier"
				name="identifier"
				defaultValue="SN-000042"
				isMono
				autoComplete="off"
				help="Such as its serial number. It is the common name of its certificate."
			/>
		</StepForm>
	);
}

interface BundleFormProps {
	/** The version that the bundle is made of. */
	version: Schemas["ArtifactVersion"];
	cohort: Schemas["Cohort"];
}

/** Creates a bundle of a version, and goes to the form of its release. */
export function BundleForm({ version, cohort }: BundleFormProps): ReactNode {
	const navigate = useNavigate();
	const submit = async ({ name = "" }: Record<string, string>): Promise<void> => {
		const body = { artifact_version_prns: [version.prn], ...(name ? { name } : {}) };
		const { bundle } = await change(() => api.POST("/v1/bundles", { body }));
		await queryClient.invalidateQueries({ queryKey: ["bundle"] });
		const params = { product: cohort.product?.name ?? "", cohort: cohort.name };
		void navigate({ to: "/cohorts/$product/$cohort", params, search: { bundle: bundle.prn } });
	};
	const title = `${version.artifact?.name}/${version.version}`;
	return (
		<StepForm
			label="Make a bundle"
			operation="bundles_create"
			action="Go on to its release"
			submit={submit}
			also={
				<Link to="/bundles/new" search={{ versions: [title] }} look="button">
					Of several versions…
				</Link>
			}
		>
			<TextField label={`Bundle of ${title}`} name="name" defaultValue="spring" autoComplete="off" />
		</StepForm>
	);
}

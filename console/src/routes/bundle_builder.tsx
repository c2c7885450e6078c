import { useMutation, useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../api/client";
import { usePermission } from "../api/permissions";
import { queryClient } from "../api/queries";
import { binariesQuery } from "../resources/binaries/queries";
import { AddVersion } from "../resources/bundles/add_version";
import { Coverage, type Ordered } from "../resources/bundles/coverage";
import { EqualBundle } from "../resources/bundles/equal";
import { Order } from "../resources/bundles/order";
import { recentVersionsQuery } from "../resources/bundles/queries";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { ErrorNote } from "../ui/error_note";
import { TextField } from "../ui/field";
import { Form } from "../ui/form";
import { Columns, Page, Section } from "../ui/page";
import { quoted } from "../words/commands";

const route = getRouteApi("/shell/bundles/new");
const PATH = [{ to: "/bundles", words: "Bundles" }];

type Version = Schemas["ArtifactVersion"];

const titleOf = ({ artifact, version }: Version): string => `${artifact?.name}/${version}`;

/** The chosen versions in their order, with the binary for each target. */
function useOrdered(chosen: readonly Version[]): Ordered[] {
	const answers = useQueries({ queries: chosen.map(({ prn }) => binariesQuery(prn)) });
	return chosen.map((version, index) => {
		const present = answers[index]?.data?.binaries.filter(({ destroyed }) => !destroyed) ?? [];
		return {
			prn: version.prn,
			title: titleOf(version),
			states: new Map(present.map(({ target, state }) => [target, state])),
		};
	});
}

/** `/bundles/new`: the person puts versions into an order, and sees what devices of each target would get. */
export function BundleBuilderPage(): ReactNode {
	const { versions: titles = [] } = route.useSearch();
	const navigate = useNavigate();
	const [name, setName] = useState("");
	const { data: all, error } = useQuery(recentVersionsQuery);
	const byTitle = new Map(all?.map((version) => [titleOf(version), version]));
	const chosen = titles.flatMap((title) => byTitle.get(title) ?? []);
	const ordered = useOrdered(chosen);
	const choose = (next: string[]): void =>
		void navigate({ to: "/bundles/new", search: next.length > 0 ? { versions: next } : {}, replace: true });
	const left = [...byTitle.keys()].filter((title) => !titles.includes(title));
	return (
		<Page
			title="New bundle"
			path={PATH}
			sentence="It gets all binaries of these versions that are signed now. Later nothing can be added to it."
		>
			{error && <ErrorNote error={error} />}
			<Columns>
				<Section title="Versions" hint="In the order in which devices see them">
					<AddVersion left={left} onAdd={(title) => choose([...titles, title])} />
					<Order titles={chosen.map(titleOf)} onChange={choose} />
				</Section>
				<Section title="The bundle">
					<Create chosen={chosen} name={name} onName={setName} />
				</Section>
			</Columns>
			{ordered.length > 0 && (
				<Section title="What devices get" hint="For each target, by what is signed now">
					<Coverage versions={ordered} />
				</Section>
			)}
			{chosen.length > 0 && <Command text={commandOf(chosen, name)} />}
		</Page>
	);
}

function commandOf(chosen: readonly Version[], name: string): string {
	const parts = chosen.map((version) => ` --artifact-version ${quoted(titleOf(version))}`);
	return `peridio bundles create${name ? ` --name ${quoted(name)}` : ""}${parts.join("")}`;
}

interface CreateProps {
	chosen: readonly Version[];
	name: string;
	onName: (name: string) => void;
}

function Create({ chosen, name, onName }: CreateProps): ReactNode {
	const navigate = useNavigate();
	const permission = usePermission("bundles_create");
	const create = useMutation({
		mutationFn: () => {
			const artifact_version_prns = chosen.map(({ prn }) => prn);
			return change(() => api.POST("/v1/bundles", { body: { artifact_version_prns, ...(name ? { name } : {}) } }));
		},
		onSuccess: async ({ bundle }) => {
			await queryClient.invalidateQueries({ queryKey: ["bundle"] });
			void navigate({ to: "/bundles/$prn", params: { prn: bundle.prn } });
		},
	});
	return (
		<Form
			label="New bundle"
			error={create.error}
			onSubmit={() => create.mutate()}
			actions={
				<Button
					type="submit"
					look="primary"
					permission={permission}
					isBusy={create.isPending}
					isDisabled={chosen.length === 0}
				>
					Create the bundle
				</Button>
			}
		>
			<EqualBundle versions={chosen.map(({ prn }) => prn)} />
			<TextField
				label="Name"
				name="name"
				value={name}
				onChange={onName}
				autoComplete="off"
				help="It may have none; then it is known by its PRN."
			/>
		</Form>
	);
}

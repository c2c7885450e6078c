import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../api/client";
import { usePermission } from "../api/permissions";
import { cohortsPageQuery, productsPageQuery } from "../resources/cohorts/queries";
import { overviewQuery } from "../resources/overview/queries";
import { NewProductDialog } from "../resources/products/product_dialog";
import { ProductSection } from "../resources/products/product_section";
import { newestReleasesQuery } from "../resources/releases/queries";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { ErrorNote } from "../ui/error_note";
import { Link } from "../ui/link";
import { Page, Section } from "../ui/page";
import { counted } from "../words/counts";

const route = getRouteApi("/shell/releases");

/** By cohort, the release that all its paths lead to. */
function latestOf(releases: readonly Schemas["Release"][] | undefined): Map<string, Schemas["Release"]> | undefined {
	const ends = releases?.filter(({ next_release_prn: next }) => !next);
	return ends && new Map(ends.map((release) => [release.cohort_prn, release]));
}

function sentenceOf(
	products: readonly Schemas["Product"][] | undefined,
	cohorts: readonly Schemas["Cohort"][],
): string {
	if (!products) return "\u00a0";
	if (products.length === 0) return "Nothing is released yet.";
	const many = counted(cohorts.length, "cohort", "cohorts");
	return `${counted(products.length, "product", "products")} with ${many}. Each cohort has its own releases.`;
}

/** `/releases`: products with their cohorts, and what each cohort gets. */
export function ReleasesPage(): ReactNode {
	const { archived } = route.useSearch();
	const navigate = useNavigate();
	const [isCreating, setIsCreating] = useState(false);
	const products = useQuery(productsPageQuery(archived ? "any" : "false"));
	const { data: cohorts } = useQuery(cohortsPageQuery(archived ? "any" : "false"));
	const { data: releases } = useQuery(newestReleasesQuery);
	const mayOverview = usePermission("organization_overview").allowed;
	const { data: overview } = useQuery({ ...overviewQuery, enabled: mayOverview });
	const mayCreate = usePermission("products_create");
	const latest = latestOf(releases?.releases);
	const create = (): void => setIsCreating(true);
	useAction("New product…", create, mayCreate.allowed);
	return (
		<Page
			title="Releases"
			sentence={sentenceOf(products.data?.products, cohorts?.cohorts ?? [])}
			actions={
				<>
					<Link to="/overrides" look="button">
						Overrides
					</Link>
					<Button
						onPress={() =>
							void navigate({ to: "/releases", search: archived ? {} : { archived: true }, replace: true })
						}
					>
						{archived ? "Hide archived" : "Show archived"}
					</Button>
					<Button look="primary" permission={mayCreate} onPress={create}>
						<Plus size={16} aria-hidden />
						New product
					</Button>
				</>
			}
		>
			{products.error && <ErrorNote error={products.error} />}
			{products.data?.products.length === 0 && <NoProducts onCreate={create} />}
			{products.data?.products.map((product) => (
				<ProductSection
					key={product.prn}
					product={product}
					cohorts={cohorts?.cohorts.filter(({ product_prn }) => product_prn === product.prn) ?? []}
					latest={latest}
					stops={overview?.overview.stops ?? []}
				/>
			))}
			<Command text="peridio cohorts list --output table" />
			{isCreating && <NewProductDialog onClose={() => setIsCreating(false)} />}
		</Page>
	);
}

function NoProducts({ onCreate }: { onCreate: () => void }): ReactNode {
	const mayCreate = usePermission("products_create");
	return (
		<Section title="Products" isFlush>
			<Empty
				title="No products yet"
				actions={
					<Button look="primary" permission={mayCreate} onPress={onCreate}>
						New product
					</Button>
				}
			>
				A product is a kind of device. Its devices are grouped into cohorts, and each cohort has releases: which bundle
				its devices get, and in which order.
			</Empty>
		</Section>
	);
}

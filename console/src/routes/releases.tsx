import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../api/client";
import { usePaged } from "../api/pages";
import { usePermission } from "../api/permissions";
import { cohortsPageQuery, productsPageQuery } from "../resources/cohorts/queries";
import { overviewQuery } from "../resources/overview/queries";
import { NewProductDialog } from "../resources/products/product_dialog";
import { ProductSection } from "../resources/products/product_section";
import { useLatest } from "../resources/releases/latest";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { ErrorNote } from "../ui/error_note";
import { Link } from "../ui/link";
import { Page, Section } from "../ui/page";
import { counted } from "../words/counts";

const route = getRouteApi("/shell/releases");

function sentenceOf(
	products: readonly Schemas["Product"][] | undefined,
	cohorts: readonly Schemas["Cohort"][],
	isAll: boolean,
): string {
	if (!products) return "\u00a0";
	if (products.length === 0) return "Nothing is released yet.";
	const many = counted(cohorts.length, "cohort", "cohorts");
	return `${counted(products.length, "product", "products", isAll)} with ${many}. Each cohort has its own releases.`;
}

/** `/releases`: products with their cohorts, and what each cohort gets. */
export function ReleasesPage(): ReactNode {
	const { archived } = route.useSearch();
	const navigate = useNavigate();
	const [isCreating, setIsCreating] = useState(false);
	const products = usePaged(productsPageQuery(archived ? "any" : "false"), (page) => page.products);
	const { data: cohorts = [] } = useQuery(cohortsPageQuery(archived ? "any" : "false"));
	const latest = useLatest(cohorts);
	const mayOverview = usePermission("organization_overview").allowed;
	const { data: overview } = useQuery({ ...overviewQuery, enabled: mayOverview });
	const mayCreate = usePermission("products_create");
	const create = (): void => setIsCreating(true);
	useAction("New product…", create, mayCreate.allowed);
	return (
		<Page
			title="Releases"
			sentence={sentenceOf(products.rows, cohorts, !products.pages.hasNextPage)}
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
			{products.rows?.length === 0 && <NoProducts onCreate={create} />}
			{products.rows?.map((product) => (
				<ProductSection
					key={product.prn}
					product={product}
					cohorts={cohorts.filter(({ product_prn }) => product_prn === product.prn)}
					latest={latest}
					stops={overview?.overview.stops ?? []}
				/>
			))}
			{products.pages.hasNextPage && (
				<Button onPress={() => void products.pages.fetchNextPage()} isBusy={products.pages.isFetchingNextPage}>
					Show more products
				</Button>
			)}
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

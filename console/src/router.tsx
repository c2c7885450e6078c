// The table of all pages: their paths, the types of their search parameters, and the data to load before they are shown. A new page is a
// file in `routes/` and an entry here (README.md).
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { basePath } from "./api/organization";
import { queryClient } from "./api/queries";
import { bulkOperationQuery } from "./resources/bulk_operations/queries";
import { deviceQuery } from "./resources/devices/queries";
import { devicesSearch } from "./resources/devices/search";
import { auditSearch } from "./resources/events/search";
import { wholeReleaseQuery } from "./resources/releases/queries";
import { cohortSearch, releasesSearch } from "./resources/releases/search";
import { Crash } from "./routes/crash";
import { NotFound } from "./routes/not_found";
import { SettingsStart } from "./routes/settings_page";
import { Shell } from "./shell/shell";

const root = createRootRoute();

// ---- pages for who is signed in, in the shell ----

const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

const overview = createRoute({
	getParentRoute: () => shell,
	path: "/",
	component: lazyRouteComponent(() => import("./routes/overview"), "OverviewPage"),
});

const devices = createRoute({
	getParentRoute: () => shell,
	path: "/devices",
	validateSearch: devicesSearch,
	component: lazyRouteComponent(() => import("./routes/devices"), "DevicesPage"),
});

const device = createRoute({
	getParentRoute: () => shell,
	path: "/devices/$identifier",
	validateSearch: (search): { version?: string } =>
		typeof search.version === "string" && search.version ? { version: search.version } : {},
	loader: ({ params }) => void queryClient.prefetchQuery(deviceQuery(params.identifier)),
	component: lazyRouteComponent(() => import("./routes/device"), "DevicePage"),
});

const importing = createRoute({
	getParentRoute: () => shell,
	path: "/import",
	component: lazyRouteComponent(() => import("./routes/import"), "ImportPage"),
});

const bulkOperations = createRoute({
	getParentRoute: () => shell,
	path: "/bulk_operations",
	component: lazyRouteComponent(() => import("./routes/bulk_operations"), "BulkOperationsPage"),
});

const bulkOperation = createRoute({
	getParentRoute: () => shell,
	path: "/bulk_operations/$prn",
	loader: ({ params }) => void queryClient.prefetchQuery(bulkOperationQuery(params.prn)),
	component: lazyRouteComponent(() => import("./routes/bulk_operation"), "BulkOperationPage"),
});

const audit = createRoute({
	getParentRoute: () => shell,
	path: "/audit",
	validateSearch: auditSearch,
	component: lazyRouteComponent(() => import("./routes/audit"), "AuditPage"),
});

const settings = createRoute({ getParentRoute: () => shell, path: "/settings", component: SettingsStart });

const people = createRoute({
	getParentRoute: () => shell,
	path: "/settings/people",
	component: lazyRouteComponent(() => import("./routes/people"), "PeoplePage"),
});

const apiKeys = createRoute({
	getParentRoute: () => shell,
	path: "/settings/api-keys",
	validateSearch: ({ revoked }): { revoked?: true } =>
		revoked === true || revoked === "true" ? { revoked: true } : {},
	component: lazyRouteComponent(() => import("./routes/api_keys"), "ApiKeysPage"),
});

const signingKeys = createRoute({
	getParentRoute: () => shell,
	path: "/settings/signing-keys",
	component: lazyRouteComponent(() => import("./routes/signing_keys"), "SigningKeysPage"),
});

const caCertificates = createRoute({
	getParentRoute: () => shell,
	path: "/settings/ca-certificates",
	component: lazyRouteComponent(() => import("./routes/ca_certificates"), "CaCertificatesPage"),
});

const newCaCertificate = createRoute({
	getParentRoute: () => shell,
	path: "/settings/ca-certificates/new",
	component: lazyRouteComponent(() => import("./routes/ca_certificate_new"), "NewCaCertificatePage"),
});

const caCertificate = createRoute({
	getParentRoute: () => shell,
	path: "/settings/ca-certificates/$id",
	component: lazyRouteComponent(() => import("./routes/ca_certificate"), "CaCertificatePage"),
});

const storages = createRoute({
	getParentRoute: () => shell,
	path: "/settings/storages",
	component: lazyRouteComponent(() => import("./routes/storages"), "StoragesPage"),
});

const organization = createRoute({
	getParentRoute: () => shell,
	path: "/settings/organization",
	component: lazyRouteComponent(() => import("./routes/organization"), "OrganizationPage"),
});

const server = createRoute({
	getParentRoute: () => shell,
	path: "/settings/server",
	component: lazyRouteComponent(() => import("./routes/server"), "ServerPage"),
});

const releases = createRoute({
	getParentRoute: () => shell,
	path: "/releases",
	validateSearch: releasesSearch,
	component: lazyRouteComponent(() => import("./routes/releases"), "ReleasesPage"),
});

const release = createRoute({
	getParentRoute: () => shell,
	path: "/releases/$release",
	loader: ({ params }) => void queryClient.prefetchQuery(wholeReleaseQuery(params.release)),
	component: lazyRouteComponent(() => import("./routes/release"), "ReleasePage"),
});

const cohort = createRoute({
	getParentRoute: () => shell,
	path: "/cohorts/$product/$cohort",
	validateSearch: cohortSearch,
	component: lazyRouteComponent(() => import("./routes/cohort"), "CohortPage"),
});

const overrides = createRoute({
	getParentRoute: () => shell,
	path: "/overrides",
	component: lazyRouteComponent(() => import("./routes/overrides"), "OverridesPage"),
});

function archivedSearch(search: Record<string, unknown>): { archived?: true } {
	return search.archived === true || search.archived === "true" ? { archived: true } : {};
}

const artifacts = createRoute({
	getParentRoute: () => shell,
	path: "/artifacts",
	validateSearch: archivedSearch,
	component: lazyRouteComponent(() => import("./routes/artifacts"), "ArtifactsPage"),
});

const artifact = createRoute({
	getParentRoute: () => shell,
	path: "/artifacts/$artifact",
	validateSearch: archivedSearch,
	component: lazyRouteComponent(() => import("./routes/artifact"), "ArtifactPage"),
});

const version = createRoute({
	getParentRoute: () => shell,
	path: "/artifacts/$artifact/$version",
	component: lazyRouteComponent(() => import("./routes/version"), "VersionPage"),
});

const binary = createRoute({
	getParentRoute: () => shell,
	path: "/artifacts/$artifact/$version/$target",
	validateSearch: (search): { binary?: string } =>
		typeof search.binary === "string" && search.binary ? { binary: search.binary } : {},
	component: lazyRouteComponent(() => import("./routes/binary"), "BinaryPage"),
});

const bundles = createRoute({
	getParentRoute: () => shell,
	path: "/bundles",
	validateSearch: archivedSearch,
	component: lazyRouteComponent(() => import("./routes/bundles"), "BundlesPage"),
});

const bundleBuilder = createRoute({
	getParentRoute: () => shell,
	path: "/bundles/new",
	validateSearch: (search): { versions?: string[] } => {
		const given = Array.isArray(search.versions) ? search.versions.filter((each) => typeof each === "string") : [];
		return given.length > 0 ? { versions: [...new Set<string>(given)] } : {};
	},
	component: lazyRouteComponent(() => import("./routes/bundle_builder"), "BundleBuilderPage"),
});

const bundle = createRoute({
	getParentRoute: () => shell,
	path: "/bundles/$prn",
	component: lazyRouteComponent(() => import("./routes/bundle"), "BundlePage"),
});

const account = createRoute({
	getParentRoute: () => shell,
	path: "/account",
	component: lazyRouteComponent(() => import("./routes/account"), "AccountPage"),
});

const nowhere = createRoute({ getParentRoute: () => shell, path: "$", component: NotFound });

const prn = createRoute({
	getParentRoute: () => shell,
	path: "/prn/$prn",
	component: lazyRouteComponent(() => import("./routes/prn"), "PrnPage"),
});

// ---- pages for everybody, with a link's token behind the `#` ----

const setup = createRoute({
	getParentRoute: () => root,
	path: "/setup",
	component: lazyRouteComponent(() => import("./routes/setup"), "SetupPage"),
});

const invitation = createRoute({
	getParentRoute: () => root,
	path: "/invitation",
	component: lazyRouteComponent(() => import("./routes/invitation"), "InvitationPage"),
});

const resetPassword = createRoute({
	getParentRoute: () => root,
	path: "/reset-password",
	component: lazyRouteComponent(() => import("./routes/reset_password"), "ResetPasswordPage"),
});

const releasePages = [releases, release, cohort, overrides];

const firmwarePages = [artifacts, artifact, version, binary, bundles, bundleBuilder, bundle];

const settingsPages = [
	settings,
	people,
	apiKeys,
	signingKeys,
	caCertificates,
	newCaCertificate,
	caCertificate,
	storages,
	organization,
	server,
];

const pages = [
	overview,
	...releasePages,
	...firmwarePages,
	devices,
	device,
	importing,
	bulkOperations,
	bulkOperation,
	audit,
	...settingsPages,
	account,
	prn,
	nowhere,
];

export const router = createRouter({
	routeTree: root.addChildren([shell.addChildren(pages), setup, invitation, resetPassword]),
	basepath: basePath,
	defaultPreload: "intent",
	defaultPreloadDelay: 40,
	defaultPreloadStaleTime: 0,
	scrollRestoration: true,
	defaultErrorComponent: Crash,
	defaultNotFoundComponent: NotFound,
	defaultPendingMs: 200,
});

declare module "@tanstack/react-router" {
	interface Register {
		router: typeof router;
	}
}

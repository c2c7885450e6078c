// The frame of all pages of the settings: their title, and links to the others.
import { useQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { scopes } from "../api/generated/scopes";
import { hasScope, type ScopedOperation } from "../api/permissions";
import { meQuery } from "../api/queries";
import { Page } from "../ui/page";
import { Tabs } from "../ui/tabs";

interface Tab {
	to: string;
	words: string;
	needs: ScopedOperation;
}

const TABS: readonly Tab[] = [
	{ to: "/settings/people", words: "People", needs: "memberships_list" },
	{ to: "/settings/api-keys", words: "API keys", needs: "api_keys_list" },
	{ to: "/settings/signing-keys", words: "Signing keys", needs: "signing_keys_list" },
	{ to: "/settings/ca-certificates", words: "CA certificates", needs: "ca_certificates_list" },
	{ to: "/settings/storages", words: "Storages", needs: "storage_backends_list" },
	{ to: "/settings/organization", words: "Organization", needs: "organization_get" },
	{ to: "/settings/server", words: "This server", needs: "server_get" },
];

function useTabs(): readonly Tab[] {
	const { data } = useQuery(meQuery);
	const granted = data?.user.scopes ?? [];
	return TABS.filter(({ needs }) => hasScope(granted, scopes[needs]));
}

interface SettingsPageProps {
	title: string;
	sentence: ReactNode;
	actions?: ReactNode;
	children: ReactNode;
}

export function SettingsPage({ title, sentence, actions, children }: SettingsPageProps): ReactNode {
	return (
		<>
			<Tabs label="Settings" tabs={useTabs()} />
			<Page title={title} sentence={sentence} actions={actions}>
				{children}
			</Page>
		</>
	);
}

/** `/settings`: the first of these pages that the viewer may see. */
export function SettingsStart(): ReactNode {
	const first = useTabs()[0];
	return first ? <Navigate to={first.to} replace /> : null;
}

import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { type ReactNode, useState } from "react";
import { usePermission } from "../api/permissions";
import { ApiKeys } from "../resources/api_keys/list";
import { NewKeyDialog } from "../resources/api_keys/new_dialog";
import { useApiKeys } from "../resources/api_keys/queries";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { Section } from "../ui/page";
import { ShownOnce } from "../ui/shown_once";
import { counted } from "../words/counts";
import { SettingsPage } from "./settings_page";

const route = getRouteApi("/shell/settings/api-keys");

/** `/settings/api-keys`: the API keys of programs and people. */
export function ApiKeysPage(): ReactNode {
	const { revoked } = route.useSearch();
	const navigate = useNavigate();
	const { rows: keys, pages } = useApiKeys(false);
	const mayMake = usePermission("api_keys_create");
	const [isMaking, setIsMaking] = useState(false);
	const [made, setMade] = useState<{ secret: string; name: string } | null>(null);
	const make = (): void => setIsMaking(true);
	useAction("New API key", make, mayMake.allowed);
	const isAdmin = keys?.filter(({ role }) => role === "admin").length ?? 0;
	const sentence =
		keys &&
		`${counted(keys.length, "key works", "keys work", !pages.hasNextPage)}, ${isAdmin} of them as administrator.`;
	return (
		<SettingsPage
			title="API keys"
			sentence={sentence ?? "\u00a0"}
			actions={
				<Button look="primary" permission={mayMake} onPress={make}>
					<KeyRound size={16} aria-hidden /> New key…
				</Button>
			}
		>
			<Section
				title={revoked ? "All keys" : "Keys that work"}
				hint="The newest first"
				actions={
					<Button
						size="small"
						onPress={() => void navigate({ to: "/settings/api-keys", search: revoked ? {} : { revoked: true } })}
					>
						{revoked ? "Hide revoked ones" : "Show revoked ones, too"}
					</Button>
				}
				isFlush
			>
				<ApiKeys
					isWithRevoked={revoked ?? false}
					empty={
						<Empty
							title="No API keys"
							actions={
								<Button permission={mayMake} onPress={make}>
									New key…
								</Button>
							}
						>
							A program, such as CI, uses the API with a key. It may do what its role or its scopes allow.
						</Empty>
					}
				/>
			</Section>
			<Command text="peridio api-keys list --order desc --output table" />
			{isMaking && (
				<NewKeyDialog onClose={() => setIsMaking(false)} onMade={(secret, name) => setMade({ secret, name })} />
			)}
			{made && (
				<ShownOnce
					title={`The key ${made.name}`}
					label="In a terminal"
					text={`export PERIDIO_API_KEY=${made.secret}`}
					onClose={() => setMade(null)}
				>
					<p>It is shown only now. Whoever has it can do what the key may do.</p>
				</ShownOnce>
			)}
		</SettingsPage>
	);
}

import { FilePenLine } from "lucide-react";
import { type ReactNode, useState } from "react";
import { usePermission } from "../api/permissions";
import { SigningKeys } from "../resources/signing_keys/list";
import { NewSigningKeyDialog } from "../resources/signing_keys/new_dialog";
import { useSigningKeys } from "../resources/signing_keys/queries";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { Empty } from "../ui/empty";
import { Section } from "../ui/page";
import { counted } from "../words/counts";
import { SettingsPage } from "./settings_page";

/** `/settings/signing-keys`: the trusted signing keys. */
export function SigningKeysPage(): ReactNode {
	const { rows, pages } = useSigningKeys();
	const mayCreate = usePermission("signing_keys_create");
	const [isOpen, setIsOpen] = useState(false);
	const open = (): void => setIsOpen(true);
	useAction("Trust a signing key", open, mayCreate.allowed);
	const active = rows?.filter(({ state }) => state === "active").length ?? 0;
	const sentence = `${counted(active, "key", "keys", !pages.hasNextPage)} can sign for all artifacts. The private halves are not on this server.`;
	return (
		<SettingsPage
			title="Signing keys"
			sentence={rows ? sentence : "\u00a0"}
			actions={
				<Button look="primary" permission={mayCreate} onPress={open}>
					<FilePenLine size={16} aria-hidden /> Trust a key…
				</Button>
			}
		>
			<Section title="Keys" hint="Only what one of them signed can be released" isFlush>
				<SigningKeys
					empty={
						<Empty
							title="No signing keys yet"
							actions={
								<Button permission={mayCreate} onPress={open}>
									Trust a key…
								</Button>
							}
						>
							Devices install only what was signed. Make a pair of keys, keep the private half, and give the public one
							here.
						</Empty>
					}
				/>
			</Section>
			<Command text="peridio signing-keys list --output table" />
			{isOpen && <NewSigningKeyDialog onClose={() => setIsOpen(false)} />}
		</SettingsPage>
	);
}

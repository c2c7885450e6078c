import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { SelectField, TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { folded, quoted } from "../../words/commands";

type Organization = Schemas["Organization"];

/** The settings as they are typed. */
interface Typed {
	name: string;
	signatures: string;
	strict: string;
	style: string;
	seconds: string;
}

const typedOf = (organization: Organization): Typed => ({
	name: organization.name,
	signatures: String(organization.required_signatures),
	strict: String(organization.strict_certificate_expiry),
	style: organization.download_url_style,
	seconds: organization.download_url_seconds ? String(organization.download_url_seconds) : "",
});

/** Only what is another value than before, so that what somebody else changed meanwhile stays. */
function changesOf(before: Typed, now: Typed): Schemas["OrganizationUpdate"] {
	return {
		...(now.name !== before.name && { name: now.name }),
		...(now.signatures !== before.signatures && { required_signatures: Number(now.signatures) }),
		...(now.strict !== before.strict && { strict_certificate_expiry: now.strict === "true" }),
		...(now.style !== before.style && { download_url_style: now.style }),
		...(now.seconds !== before.seconds && { download_url_seconds: now.seconds ? Number(now.seconds) : null }),
	};
}

function flagsOf(changes: Schemas["OrganizationUpdate"]): string {
	return Object.entries(changes)
		.map(([name, value]) => ` --${name.replaceAll("_", "-")} ${quoted(String(value ?? "")) || "''"}`)
		.join("");
}

/** The organization's settings that are about all of it. */
export function OrganizationForm({ organization }: { organization: Organization }): ReactNode {
	const mayUpdate = usePermission("organization_update");
	const [before] = useState(() => typedOf(organization));
	const [now, setNow] = useState(before);
	const changes = changesOf(before, now);
	const isChanged = Object.keys(changes).length > 0;
	const update = useMutation({
		mutationFn: () => change(() => api.PATCH("/v1/organization", { body: changes })),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["organization"] });
			await queryClient.invalidateQueries({ queryKey: ["me"] });
			notify({ tone: "good", text: "Saved." });
		},
	});
	return (
		<Form
			label="Settings of the organization"
			error={update.error}
			onSubmit={() => isChanged && update.mutate()}
			actions={
				<Button
					type="submit"
					permission={mayUpdate}
					isBusy={update.isPending}
					isDisabled={!isChanged && mayUpdate.allowed}
				>
					Save
				</Button>
			}
		>
			<Fields now={now} onChange={setNow} />
			{isChanged && <Command text={folded(`peridio organization update${flagsOf(changes)}`)} />}
		</Form>
	);
}

function Fields({ now, onChange }: { now: Typed; onChange: (now: Typed) => void }): ReactNode {
	const set = (name: keyof Typed) => (value: string) => onChange({ ...now, [name]: value });
	return (
		<>
			<TextField label="Name" name="name" value={now.name} onChange={set("name")} autoComplete="off" />
			<TextField
				label="Signatures that a binary needs"
				name="required_signatures"
				inputMode="numeric"
				value={now.signatures}
				onChange={set("signatures")}
				autoComplete="off"
				help="By how many different keys, 1 to 10. It counts for binaries that are signed from now on."
			/>
			<SelectField
				label="Devices whose certificate has ended"
				name="strict_certificate_expiry"
				value={now.strict}
				onChange={set("strict")}
				options={[
					["false", "keep working, with an event"],
					["true", "are refused"],
				]}
			/>
			<SelectField
				label="Download URLs"
				name="download_url_style"
				value={now.style}
				onChange={set("style")}
				options={[
					["direct", "direct: to the storage or its CDN"],
					["short", "short: redirected by the server"],
					["streamed", "streamed: sent by the server"],
				]}
			/>
			<TextField
				label="Seconds that a download URL works"
				name="download_url_seconds"
				inputMode="numeric"
				value={now.seconds}
				onChange={set("seconds")}
				autoComplete="off"
				help="60 to 604,800 (a week). Empty: as the server is set."
			/>
		</>
	);
}

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { meQuery } from "../api/queries";
import { Appearance } from "../resources/people/appearance";
import { Grants } from "../resources/people/grants";
import { PasswordSection } from "../resources/people/password_section";
import { PersonalKeys } from "../resources/people/personal_keys";
import { Profile } from "../resources/people/profile";
import { SecondFactor } from "../resources/people/second_factor";
import { Sessions } from "../resources/people/sessions";
import { Columns, Page, Section } from "../ui/page";
import { Properties } from "../ui/properties";

/** `/account`: the account of the signed-in person. */
export function AccountPage(): ReactNode {
	const { data } = useQuery(meQuery);
	const me = data?.user;
	if (!me) return null;
	const sentence = me.second_factor_since
		? "Signing in takes your password and a code of your authenticator app."
		: "Signing in takes your password only. An authenticator app makes it much safer.";
	return (
		<Page title="Account" sentence={sentence}>
			<Columns>
				<div>
					<Section title="You">
						<Profile me={me} />
					</Section>
					<Section title="Password">
						<PasswordSection />
					</Section>
					<Section title="Second factor" hint="An app on your phone, besides the password">
						<SecondFactor since={me.second_factor_since ?? null} />
					</Section>
				</div>
				<div>
					<Section title="What you may do">
						<Properties
							rows={Object.fromEntries(
								(me.organizations ?? []).map(({ name, grants }) => [name, <Grants key={name} grants={grants} />]),
							)}
						/>
					</Section>
					<Section title="Sessions" hint="Browsers in which you are signed in" isFlush>
						<Sessions />
					</Section>
					<Section title="Personal API keys" hint="For peridio and scripts on your own machines" isFlush>
						<PersonalKeys />
					</Section>
					<Section title="This browser">
						<Appearance />
					</Section>
				</div>
			</Columns>
		</Page>
	);
}

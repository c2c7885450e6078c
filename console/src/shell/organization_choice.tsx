import type { ReactNode } from "react";
import type { Schemas } from "../api/client";
import { Gate } from "../ui/gate";
import styles from "./organization_choice.module.css";

/** For a person in several organizations: each organization has its own pages, below `/o/<name>/`. */
export function OrganizationChoice({ me }: { me: Schemas["Me"] }): ReactNode {
	const organizations = me.organizations ?? [];
	if (organizations.length === 0) {
		return (
			<Gate title="You are in no organization">
				<p>Ask an administrator to invite {me.email ?? "you"}.</p>
			</Gate>
		);
	}
	return (
		<Gate title="Which organization?">
			<ul className={styles.list}>
				{organizations.map(({ prn, name }) => (
					<li key={prn}>
						<a className={styles.entry} href={`/o/${encodeURIComponent(name)}/`}>
							{name}
						</a>
					</li>
				))}
			</ul>
		</Gate>
	);
}

import type { ReactNode } from "react";
import { Command } from "../../ui/copy";
import { Link } from "../../ui/link";
import { corsCommand, placeOfAddress } from "../storage_backends/cors";
import styles from "./store_help.module.css";

/** A storage does not answer this browser: usually it has no CORS rule for pages of this server. */
export function StoreHelp({ address }: { address: string }): ReactNode {
	const { origin } = window.location;
	const { label, text } = corsCommand(placeOfAddress(address), origin);
	return (
		<section className={styles.help} aria-label="What the storage may lack">
			<p>
				Parts go from this browser straight to <code>{new URL(address).host}</code>. Most often that storage has no rule
				by which pages of <code>{origin}</code> may upload to it (CORS). It takes the method PUT and all headers. Once
				it has the rule, the upload goes on by itself within half a minute.
			</p>
			<Command label={label} text={text} />
			<p>
				<Link to="/settings/storages">Try the storage</Link> in the settings: that asks it as a browser would. If it has
				the rule already, it can’t be reached from your network; <code>peridio push</code> uploads from elsewhere.
			</p>
		</section>
	);
}

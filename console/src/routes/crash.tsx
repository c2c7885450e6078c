import type { ReactNode } from "react";
import { Button } from "../ui/button";
import { ErrorNote } from "../ui/error_note";
import { Page } from "../ui/page";

/** After an upgrade of the server, the files of the earlier version are gone, so a page that was not opened before can't be loaded. */
function isOfAnotherVersion(error: unknown): boolean {
	return error instanceof TypeError && /dynamically imported module|Importing a module script/.test(error.message);
}

/** Shown in place of a page that failed. */
export function Crash({ error, reset }: { error: unknown; reset: () => void }): ReactNode {
	if (isOfAnotherVersion(error)) {
		return (
			<Page
				title="The server has a new version"
				sentence="This page belongs to the version before. Reload it to go on."
			>
				<Button look="primary" onPress={() => window.location.reload()}>
					Reload
				</Button>
			</Page>
		);
	}
	return (
		<Page title="This page can't be shown" sentence="The other pages still work.">
			<ErrorNote error={error} />
			<p>
				<Button onPress={reset}>Try again</Button>
			</p>
		</Page>
	);
}

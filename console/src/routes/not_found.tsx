import type { ReactNode } from "react";
import { Link } from "../ui/link";
import { Page } from "../ui/page";

/** For paths without a page. */
export function NotFound(): ReactNode {
	return (
		<Page title="There is no such page" sentence="The address may be mistyped, or what it was about is gone.">
			<p>
				<Link to="/" look="button">
					Go to the overview
				</Link>
			</p>
		</Page>
	);
}

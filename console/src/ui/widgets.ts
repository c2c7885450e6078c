// Large widgets that few pages need. They are in a separate file (`assets/widgets.js`), which is loaded after the first page.
import { lazy } from "react";

const load = () => import("./widgets/widgets");

/** A point in time, typed or chosen, with its time zone. */
export const TimeField = lazy(async () => ({ default: (await load()).TimeField }));

/** The rows of a long table: only those in view are in the document. */
export const VirtualRows = lazy(async () => ({ default: (await load()).VirtualRows }));

/** The items of a long list: only those in view are in the document. */
export const VirtualItems = lazy(async () => ({ default: (await load()).VirtualItems }));

export function loadWidgetsWhenIdle(): void {
	const idle = window.requestIdleCallback ?? ((work: () => void) => window.setTimeout(work, 2_000));
	idle(() => void load().catch(() => undefined));
}

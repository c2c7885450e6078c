// Widgets that few pages need and that weigh much. They are a file of their own (`assets/widgets.js`), loaded when the first page is done.
import { lazy } from "react";

const load = () => import("./widgets/widgets");

/** A point in time, typed or chosen, with its zone beside it. */
export const TimeField = lazy(async () => ({ default: (await load()).TimeField }));

/** The rows of a long table: only those in view are in the document. */
export const VirtualRows = lazy(async () => ({ default: (await load()).VirtualRows }));

/** The items of a long list: only those in view are in the document. */
export const VirtualItems = lazy(async () => ({ default: (await load()).VirtualItems }));

export function loadWidgetsWhenIdle(): void {
	const idle = window.requestIdleCallback ?? ((work: () => void) => window.setTimeout(work, 2_000));
	idle(() => void load().catch(() => undefined));
}

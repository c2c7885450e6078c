// Plans: what the server says that a change of releases would do, before it is done. Where the server gives none for an operation, a page
// says only what it knows itself.
import { answer, api, type Schemas } from "../../api/client";
import { plannable } from "../../api/generated/plannable";

interface PlannedRelease {
	prn?: string | null;
	name: string;
}

interface Neighbours {
	previous: PlannedRelease[];
	next?: PlannedRelease | null;
}

interface Goal {
	goes_to?: PlannedRelease | null;
	held_because?: string | null;
}

/** A plan of a change of releases. */
export interface ReleasePlan {
	graph_revision: string;
	links: { release: PlannedRelease; before?: Neighbours | null; after?: Neighbours | null }[];
	offers: { release: PlannedRelease; before: number; after: number }[];
	devices: { release: PlannedRelease; devices: number; before: Goal; after: Goal }[];
	unplaced_devices: number;
	warnings: { code: string; message: string }[];
}

/** What a plan is asked for: the operation, and how its request is sent. */
export type PlanRequest = (query: { querySerializer: () => string }) => Promise<{
	data?: unknown;
	error?: unknown;
	response: Response;
}>;

const TRIAL = { querySerializer: () => "dry_run=true" };

/** The plan of a change, or `null` where the server has none to give: then nothing is sent, since it would be done. */
export async function planOf(operation: string, request: PlanRequest, trial = TRIAL): Promise<ReleasePlan | null> {
	if (!plannable.includes(operation)) return null;
	const answered: unknown = await answer(request(trial));
	if (typeof answered !== "object" || answered === null || !("plan" in answered)) return null;
	// Here bytes come in: the shape is the API's.
	return answered.plan as ReleasePlan;
}

/** Makes a change only if the graph is still the one that was planned for. */
export function asPlanned(plan: ReleasePlan | null | undefined): { querySerializer?: () => string } {
	if (!plan) return {};
	return { querySerializer: () => `graph_revision=${encodeURIComponent(plan.graph_revision)}` };
}

export const planUpdate = (prn: string, body: Schemas["ReleaseUpdate"]): Promise<ReleasePlan | null> =>
	planOf("releases_update", (trial) => api.PATCH("/v1/releases/{prn}", { params: { path: { prn } }, body, ...trial }));

export const planCreate = (body: Schemas["ReleaseCreate"]): Promise<ReleasePlan | null> =>
	planOf("releases_create", (trial) => api.POST("/v1/releases", { body, ...trial }));

/** It counts as confirmed: what becomes of the devices on it is what the plan is for. */
export const planDelete = (prn: string): Promise<ReleasePlan | null> =>
	planOf("releases_delete", (trial) => api.DELETE("/v1/releases/{prn}", { params: { path: { prn } }, ...trial }), {
		querySerializer: () => `dry_run=true&confirm=${encodeURIComponent(prn)}`,
	});

export const planArchive = (prn: string): Promise<ReleasePlan | null> =>
	planOf("releases_archive", (trial) =>
		api.POST("/v1/releases/{prn}/archive", { params: { path: { prn } }, ...trial }),
	);

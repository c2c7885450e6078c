// Plans: the effect of a change of releases, as calculated by the server before it is made. If the server has no plan for an operation, the
// page only says what it knows itself.
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

/** How to ask for a plan: the operation, and a function that sends its request. */
export type PlanRequest = (query: { querySerializer: () => string }) => Promise<{
	data?: unknown;
	error?: unknown;
	response: Response;
}>;

const TRIAL = { querySerializer: () => "dry_run=true" };

/** The plan of a change, or `null` if the server has none. In that case nothing is sent, because the change would be made. */
export async function planOf(operation: string, request: PlanRequest, trial = TRIAL): Promise<ReleasePlan | null> {
	if (!plannable.includes(operation)) return null;
	const answered: unknown = await answer(request(trial));
	if (typeof answered !== "object" || answered === null || !("plan" in answered)) return null;
	// The type is that of the API.
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

/** The change counts as confirmed, because the plan has shown the effect on the devices. */
export const planDelete = (prn: string): Promise<ReleasePlan | null> =>
	planOf("releases_delete", (trial) => api.DELETE("/v1/releases/{prn}", { params: { path: { prn } }, ...trial }), {
		querySerializer: () => `dry_run=true&confirm=${encodeURIComponent(prn)}`,
	});

export const planArchive = (prn: string): Promise<ReleasePlan | null> =>
	planOf("releases_archive", (trial) =>
		api.POST("/v1/releases/{prn}/archive", { params: { path: { prn } }, ...trial }),
	);

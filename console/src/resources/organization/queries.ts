import { queryOptions } from "@tanstack/react-query";
import { api, change, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { ifMatch, tagged } from "../../api/tagged";

export const organizationQuery = queryOptions({
	queryKey: ["organization", "one"],
	queryFn: async ({ signal }) => {
		const { organization, etag } = await tagged(api.GET("/v1/organization", { signal }));
		return { ...organization, etag };
	},
	meta: { followsAll: true },
});

/** The organization with the revision that it was read at. */
export type TaggedOrganization = Schemas["Organization"] & { etag: string | null };

/** The organization as it is now. */
export const readOrganization = (): Promise<TaggedOrganization> =>
	queryClient.fetchQuery({ ...organizationQuery, staleTime: 0 });

/** Changes it, if it is still the one that was read. */
export async function updateOrganization(body: Schemas["OrganizationUpdate"], etag: string | null): Promise<void> {
	await change(() => api.PATCH("/v1/organization", { body, headers: ifMatch(etag) }));
	await queryClient.invalidateQueries({ queryKey: ["organization"] });
}

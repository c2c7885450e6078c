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

/** The organization with the revision at which it was read. */
export type TaggedOrganization = Schemas["Organization"] & { etag: string | null };

/** The organization as it is now. */
export const readOrganization = (): Promise<TaggedOrganization> =>
	queryClient.fetchQuery({ ...organizationQuery, staleTime: 0 });

/** Changes the organization, if it has not changed since it was read. */
export async function updateOrganization(body: Schemas["OrganizationUpdate"], etag: string | null): Promise<void> {
	await change(() => api.PATCH("/v1/organization", { body, headers: ifMatch(etag) }));
	await queryClient.invalidateQueries({ queryKey: ["organization"] });
}

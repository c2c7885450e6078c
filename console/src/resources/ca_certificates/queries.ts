import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { isStatus } from "../../api/errors";
import { pagedQuery, usePaged } from "../../api/pages";
import { tagged } from "../../api/tagged";

const caCertificatesQuery = pagedQuery(["ca_certificate", "list"], (query, signal) =>
	answer(api.GET("/v1/ca_certificates", { params: { query }, signal })),
);

export const useCaCertificates = () => usePaged(caCertificatesQuery, ({ ca_certificates: all }) => all);

/** A CA certificate with the revision at which it was read. */
export type TaggedCa = Schemas["CaCertificate"] & { etag: string | null };

async function readCa(prn: string, signal: AbortSignal): Promise<TaggedCa> {
	const params = { path: { prn } };
	const { ca_certificate: ca, etag } = await tagged(api.GET("/v1/ca_certificates/{prn}", { params, signal }));
	return { ...ca, etag };
}

/** The CA certificate, or `null` if it does not exist. */
export function caCertificateQuery(prn: string) {
	return queryOptions({
		queryKey: ["ca_certificate", "one", prn],
		queryFn: async ({ signal }) => {
			try {
				return await readCa(prn, signal);
			} catch (error) {
				if (isStatus(error, 404) || isStatus(error, 400)) return null;
				throw error;
			}
		},
	});
}

const DAY = 86_400_000;

/** Device certificates that were refused within the last day. */
export const strangersQuery = queryOptions({
	queryKey: ["event", "strangers"],
	queryFn: ({ signal }) => {
		const since = new Date(Date.now() - DAY).toISOString();
		const query = {
			type: "device.authentication_failed",
			search: `inserted_at>='${since}'`,
			limit: 20,
			order: "desc",
		} as const;
		return answer(api.GET("/v1/events", { params: { query }, signal }));
	},
	meta: { followsAll: true },
});

/** The name of a CA certificate for people. */
export const nameOfCa = ({ description, subject }: Schemas["CaCertificate"]): string =>
	description?.split("\n")[0] || subject;

// PRNs, the API's names of records: `prn:1:<organization>:<kind>:<uuid>`, or `prn:1:user:<uuid>` for records that belong to no
// organization.

/** The kind of a record, such as `device`, and its UUID. */
export interface PrnParts {
	kind: string;
	id: string;
}

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const FORM = new RegExp(`^prn:1:(?:${UUID}:)?(?:([a-z_]+):)?(${UUID})$`);

export function parsePrn(text: string): PrnParts | undefined {
	const found = FORM.exec(text.trim());
	if (!found?.[2]) return undefined;
	return { kind: found[1] ?? "organization", id: found[2] };
}

/** The end of a PRN, by which people distinguish records without a name. */
export function shortPrn(prn: string): string {
	const id = parsePrn(prn)?.id;
	return id ? `…${id.slice(-8)}` : prn;
}

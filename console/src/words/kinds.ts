// Kinds of records in words, for sentences.

const KINDS: Record<string, string> = {
	api_key: "API key",
	ca_certificate: "CA certificate",
};

/** "bundle override" for `bundle_override`. */
export function kindInWords(kind: string): string {
	return KINDS[kind] ?? kind.replaceAll("_", " ");
}

/** "Release manager" for `release_manager`. */
export function roleInWords(role: string): string {
	const words = role.replaceAll("_", " ");
	return words.charAt(0).toUpperCase() + words.slice(1);
}

// The settings for devices that connect for the first time, while they are edited.
import type { Schemas } from "../../api/client";
import { quoted } from "../../words/commands";

export interface Provisioning {
	/** The PRN of the product. If it is empty, new devices are refused. */
	product: string;
	cohort: string;
	tags: string;
	identifierFrom: string;
	renewals: string;
}

export const REFUSED: Provisioning = {
	product: "",
	cohort: "",
	tags: "",
	identifierFrom: "common_name",
	renewals: "refuse",
};

export function provisioningOf({ jitp, renewals }: Schemas["CaCertificate"]): Provisioning {
	return {
		product: jitp?.product_prn ?? "",
		cohort: jitp?.cohort_prn ?? "",
		tags: jitp?.tags?.join(", ") ?? "",
		identifierFrom: jitp?.identifier_from ?? "common_name",
		renewals: renewals ?? "refuse",
	};
}

const tagsOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

/** The settings in the form of the API. Settings that the form does not show (target, description) are not changed. */
export function jitpOf(given: Provisioning, before?: Schemas["Jitp"] | null): Schemas["Jitp"] | null {
	if (!given.product) return null;
	return {
		...before,
		product_prn: given.product,
		cohort_prn: given.cohort || null,
		tags: tagsOf(given.tags),
		identifier_from: given.identifierFrom,
	};
}

/** The options of `peridio` for new devices. */
export function provisioningFlags(given: Provisioning, names: ReadonlyMap<string, string>): string {
	const named = (prn: string): string => quoted(names.get(prn) ?? prn);
	return [
		given.product && ` --jitp-product ${named(given.product)}`,
		given.product && given.cohort && ` --jitp-cohort ${named(given.cohort)}`,
		...(given.product ? tagsOf(given.tags).map((tag) => ` --jitp-tag ${quoted(tag)}`) : []),
		given.product && given.identifierFrom !== "common_name" && ` --jitp-identifier-from ${given.identifierFrom}`,
	]
		.filter(Boolean)
		.join("");
}

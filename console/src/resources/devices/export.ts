// Devices as a CSV file, in the columns that the import reads.
import { answer, api } from "../../api/client";
import { eachPage, type PageQuery } from "../../api/pages";
import { quoted } from "../../words/commands";
import { type Chosen, type Device, selectionFlags } from "./chosen";

/** A browser does not export more devices. The command line has no such limit. */
export const MOST_EXPORTED = 100_000;

const COLUMNS = ["identifier", "product", "cohort", "tags", "description", "target", "quarantined"];

/** A spreadsheet treats a cell that begins with one of these characters as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(text: string): string {
	const safe = FORMULA.test(text) ? `'${text}` : text;
	return /[",;\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function line(device: Device): string {
	const { identifier, product, cohort, tags, description, target, quarantined } = device;
	const cells = [identifier, product?.name, cohort?.name, tags.join(";"), description, target, String(quarantined)];
	return cells.map((text) => cell(text ?? "")).join(",");
}

export function csvOf(devices: readonly Device[]): string {
	return `${[COLUMNS.join(","), ...devices.map(line)].join("\r\n")}\r\n`;
}

interface Reading {
	signal: AbortSignal;
	onRead: (devices: number) => void;
}

/** All selected devices. Those that are not loaded yet are read page by page. */
export async function readChosen(chosen: Chosen, { signal, onRead }: Reading): Promise<readonly Device[]> {
	if (chosen.which === "ticked") return chosen.devices;
	const where = {
		order: "desc",
		"expand[]": ["product", "cohort"],
		...(chosen.search ? { search: chosen.search } : {}),
	};
	const ask = (page: PageQuery) => answer(api.GET("/v1/devices", { params: { query: { ...where, ...page } }, signal }));
	const found: Device[] = [];
	for await (const { devices } of eachPage(ask)) {
		found.push(...devices);
		onRead(found.length);
		if (found.length >= MOST_EXPORTED) break;
	}
	return found;
}

/** The same as a command. The command line does not export CSV, but all fields. */
export function exportCommand(chosen: Chosen): string {
	if (chosen.which === "all") {
		return `peridio devices list${chosen.search ? selectionFlags(chosen) : ""} --all --output jsonl > devices.jsonl`;
	}
	const identifiers = chosen.devices.map(({ identifier }) => quoted(identifier)).join(" ");
	return `for device in ${identifiers}; do peridio devices get "$device" --output jsonl; done > devices.jsonl`;
}

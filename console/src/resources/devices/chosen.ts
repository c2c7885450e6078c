// The devices that an action applies to: the selected rows, or all that a search finds.
import { useMemo, useState } from "react";
import type { Schemas } from "../../api/client";
import type { Ticks } from "../../ui/ticks";
import { quoted } from "../../words/commands";
import { counted } from "../../words/counts";

export type Device = Schemas["Device"];

export type Chosen =
	| { which: "ticked"; devices: readonly Device[] }
	/** `search`: the query of the list in the API's search language; empty for all devices. */
	| { which: "all"; search: string };

/** The part of a request that selects the devices. */
export function selectionOf(chosen: Chosen): Pick<Schemas["BulkOperationCreate"], "search" | "device_prns"> {
	if (chosen.which === "all") return { search: chosen.search };
	return { device_prns: chosen.devices.map(({ prn }) => prn) };
}

/** The same for a command line. */
export function selectionFlags(chosen: Chosen): string {
	if (chosen.which === "all") return ` --search ${chosen.search ? quoted(chosen.search) : "''"}`;
	return chosen.devices.map(({ identifier }) => ` --device ${quoted(identifier)}`).join("");
}

/** "3 devices", "all 250 devices that match". */
export function chosenInWords(chosen: Chosen, total: { count: number; exact: boolean } | undefined): string {
	if (chosen.which === "ticked") return `${counted(chosen.devices.length, "device", "devices")} ticked`;
	const found = total ? counted(total.count, "device", "devices", total.exact) : "devices";
	return chosen.search ? `All ${found} that match` : `All ${found}`;
}

interface State {
	/** The search at the time of the selection. Another search clears the selection. */
	search: string;
	prns: ReadonlySet<string>;
	isAll: boolean;
}

export interface Choice {
	search: string;
	/** `null`: nothing is selected. */
	chosen: Chosen | null;
	ticks: Ticks<Device>;
	chooseAll: () => void;
	clear: () => void;
}

/** The selection in a list of devices that a search finds. */
export function useChoice(search: string, rows: readonly Device[] | undefined): Choice {
	const nothing: State = { search, prns: new Set(), isAll: false };
	const [kept, setKept] = useState(nothing);
	const { prns, isAll } = kept.search === search ? kept : nothing;
	const devices = useMemo(() => rows?.filter(({ prn }) => prns.has(prn)) ?? [], [rows, prns]);
	const onTick = (keys: readonly string[], isTicked: boolean): void => {
		const next = new Set(isAll ? rows?.map(({ prn }) => prn) : prns);
		for (const key of keys) isTicked ? next.add(key) : next.delete(key);
		setKept({ search, prns: next, isAll: false });
	};
	return {
		search,
		chosen: isAll ? { which: "all", search } : devices.length > 0 ? { which: "ticked", devices } : null,
		ticks: { isTicked: (key) => isAll || prns.has(key), onTick, nameOf: ({ identifier }) => identifier },
		chooseAll: () => setKept({ ...nothing, isAll: true }),
		clear: () => setKept(nothing),
	};
}

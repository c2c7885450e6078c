// The places of the console, for the rail, the palette and the keys. A new page that is a place is one entry here.
import {
	FileUp,
	Gauge,
	HardDrive,
	ListChecks,
	Microchip,
	Package,
	Rocket,
	ScrollText,
	Settings,
	Shuffle,
	UserRound,
} from "lucide-react";
import type { ComponentType } from "react";
import type { ScopedOperation } from "../api/permissions";

export interface Place {
	to: string;
	words: string;
	icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }>;
	/** The operation without which there is nothing to see: then the place is not shown. */
	needs?: ScopedOperation;
	/** The key after `g`. */
	key: string;
	/** Further paths whose pages belong to it. */
	also?: readonly string[];
	/** Whether it is in the rail; the others are in the palette only. */
	isInRail: boolean;
}

export const PLACES: readonly Place[] = [
	{ to: "/", words: "Overview", icon: Gauge, needs: "organization_overview", key: "o", isInRail: true },
	{
		to: "/releases",
		also: ["/cohorts/", "/overrides"],
		words: "Releases",
		icon: Rocket,
		needs: "releases_list",
		key: "r",
		isInRail: true,
	},
	{ to: "/overrides", words: "Overrides", icon: Shuffle, needs: "bundle_overrides_list", key: "v", isInRail: false },
	{
		to: "/artifacts",
		also: ["/bundles"],
		words: "Firmware",
		icon: HardDrive,
		needs: "artifacts_list",
		key: "f",
		isInRail: true,
	},
	{ to: "/bundles", words: "Bundles", icon: Package, needs: "bundles_list", key: "b", isInRail: false },
	{
		to: "/devices",
		also: ["/bulk_operations"],
		words: "Devices",
		icon: Microchip,
		needs: "devices_list",
		key: "d",
		isInRail: true,
	},
	{
		to: "/bulk_operations",
		words: "Bulk operations",
		icon: ListChecks,
		needs: "bulk_operations_list",
		key: "k",
		isInRail: false,
	},
	{ to: "/import", words: "Import devices", icon: FileUp, needs: "devices_import", key: "i", isInRail: false },
	{ to: "/audit", words: "Audit", icon: ScrollText, needs: "events_list", key: "u", isInRail: true },
	{ to: "/settings", words: "Settings", icon: Settings, needs: "organization_get", key: "s", isInRail: true },
	{ to: "/account", words: "Account", icon: UserRound, key: "a", isInRail: false },
];

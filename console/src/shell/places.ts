// The places of the console, for the navigation, the palette and the shortcuts. A new place is one entry here.
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
	/** The operation that the page needs. Without permission for it, the place is not shown. */
	needs?: ScopedOperation;
	/** The key after `g`. */
	key: string;
	/** Further paths that belong to the place. */
	also?: readonly string[];
	/** Whether it is in the navigation. The others are only in the palette. */
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

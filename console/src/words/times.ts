// Formats times. Only this file formats dates, so that all parts of a page use the same time zone.
import { keep, readKept } from "./kept";

/** A time zone by its IANA name, or `local` for the browser's. */
export type Zone = string;

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
	["year", 31_536_000],
	["month", 2_592_000],
	["day", 86_400],
	["hour", 3_600],
	["minute", 60],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });

/** "3 min. ago", "in 2 days", "now". */
export function relativeTime(at: Date, now: Date): string {
	const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
	const unit = UNITS.find(([, size]) => Math.abs(seconds) >= size);
	if (!unit) return Math.abs(seconds) < 10 ? "now" : relative.format(seconds, "second");
	return relative.format(Math.trunc(seconds / unit[1]), unit[0]);
}

/** "28 Nov 2026, 05:32:51 GMT+1" in the chosen time zone. */
export function fullTime(at: Date, zone: Zone): string {
	return new Intl.DateTimeFormat("en-GB", {
		day: "numeric",
		month: "short",
		year: "numeric",
		hour: "2-digit",
		minute: "2-digit",
		second: "2-digit",
		timeZoneName: "short",
		timeZone: zone === "local" ? undefined : zone,
	}).format(at);
}

export function chosenZone(): Zone {
	const kept = readKept("zone");
	return typeof kept === "string" ? kept : "local";
}

export function chooseZone(zone: Zone): void {
	keep("zone", zone === "local" ? null : zone);
}

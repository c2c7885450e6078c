// Counts and sizes in words.

const whole = new Intl.NumberFormat("en");
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const plural = new Intl.PluralRules("en");

/** A number with separators between the thousands. */
export function count(value: number): string {
	return whole.format(value);
}

/** "1 device", "2 devices", "more than 10,000 devices". */
export function counted(value: number, one: string, many: string, exact = true): string {
	const noun = plural.select(value) === "one" ? one : many;
	return exact ? `${count(value)} ${noun}` : `more than ${count(value)} ${many}`;
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/** "20.5 MB": decimal units, as storage is sold and as `peridio` shows it. */
export function bytes(value: number): string {
	let unit = 0;
	let rest = value;
	while (rest >= 1000 && unit < UNITS.length - 1) {
		rest /= 1000;
		unit += 1;
	}
	return unit === 0 && value === 1 ? "1 byte" : `${tenths.format(rest)} ${UNITS[unit]}`;
}

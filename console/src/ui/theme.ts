// Light or dark theme: the system's setting, or the one chosen here. `public/assets/theme.js` does the same before the first paint.
import { keep, readKept } from "../words/kept";

export type Theme = "system" | "light" | "dark";

const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

export function chosenTheme(): Theme {
	const kept = readKept("theme");
	return kept === "light" || kept === "dark" ? kept : "system";
}

function apply(): void {
	const theme = chosenTheme();
	const isDark = theme === "dark" || (theme === "system" && systemIsDark.matches);
	document.documentElement.dataset.theme = isDark ? "dark" : "light";
}

export function chooseTheme(theme: Theme): void {
	keep("theme", theme === "system" ? null : theme);
	apply();
}

export function followSystemTheme(): void {
	systemIsDark.addEventListener("change", apply);
}

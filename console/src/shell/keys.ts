// Keyboard shortcuts of the whole console: `g d` opens the devices, `/` focuses the page's search, `?` shows all shortcuts. Single-letter
// shortcuts can be switched off (WCAG 2.1.4).
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { keep, readKept } from "../words/kept";
import { PLACES } from "./places";

export function areKeysOn(): boolean {
	return readKept("keys") !== false;
}

export function switchKeys(on: boolean): void {
	keep("keys", on ? null : false);
}

function isTyping(target: EventTarget | null): boolean {
	return (
		target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
	);
}

function focusSearch(): boolean {
	const field = document.querySelector<HTMLInputElement>("main input[type=search]");
	field?.focus();
	field?.select();
	return field !== null;
}

interface Openers {
	openPalette: () => void;
	openHelp: () => void;
}

export function useKeys({ openPalette, openHelp }: Openers): void {
	const navigate = useNavigate();
	useEffect(() => {
		let isAfterG = false;
		const go = (key: string): boolean => {
			const place = PLACES.find((each) => each.key === key);
			if (place) void navigate({ to: place.to });
			return place !== undefined;
		};
		const single = (key: string): boolean => {
			if (isAfterG) {
				isAfterG = false;
				return go(key);
			}
			if (key === "g") {
				isAfterG = true;
				window.setTimeout(() => {
					isAfterG = false;
				}, 1_500);
				return true;
			}
			if (key === "?") openHelp();
			return key === "?" || (key === "/" && focusSearch());
		};
		const onKey = (event: KeyboardEvent): void => {
			if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
				event.preventDefault();
				openPalette();
				return;
			}
			if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !areKeysOn()) return;
			if (document.querySelector("[role=dialog], [role=alertdialog], [role=menu]")) return;
			if (single(event.key)) event.preventDefault();
		};
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, [navigate, openPalette, openHelp]);
}

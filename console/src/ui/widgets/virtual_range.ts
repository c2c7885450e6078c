import { defaultRangeExtractor, type Range } from "@tanstack/react-virtual";

/** How many records beyond the edges of the window are drawn as well, so that keys can move from one to the next. */
export const BEYOND = 12;

/** The focused record stays in the document, however far it is scrolled away, so that keys continue from it. */
export function withFocused(range: Range, focused: number | null): number[] {
	const inView = defaultRangeExtractor(range);
	if (focused === null || focused >= range.count || inView.includes(focused)) return inView;
	return [...inView, focused].sort((one, other) => one - other);
}

/** The index of the record that contains an element. */
export function indexOf(target: EventTarget): number | null {
	const record = target instanceof Element ? target.closest<HTMLElement>("[data-index]") : null;
	return record ? Number(record.dataset.index) : null;
}

/** The distance of an element from the top of the document. */
export function topOf(element: Element): number {
	return element.getBoundingClientRect().top + window.scrollY;
}

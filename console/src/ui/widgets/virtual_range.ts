import { defaultRangeExtractor, type Range } from "@tanstack/react-virtual";

/** Records beyond the edges of the window that are drawn too, so that keys go on from one to the next. */
export const BEYOND = 12;

/** What has the focus stays in the document, however far it is scrolled away: keys go on from it. */
export function withFocused(range: Range, focused: number | null): number[] {
	const inView = defaultRangeExtractor(range);
	if (focused === null || focused >= range.count || inView.includes(focused)) return inView;
	return [...inView, focused].sort((one, other) => one - other);
}

/** The index of the record that an element is in. */
export function indexOf(target: EventTarget): number | null {
	const record = target instanceof Element ? target.closest<HTMLElement>("[data-index]") : null;
	return record ? Number(record.dataset.index) : null;
}

/** How far an element is below the top of the document. */
export function topOf(element: Element): number {
	return element.getBoundingClientRect().top + window.scrollY;
}

// If the focused element disappears (a sent form, a row, a dialog), the element around it gets the focus. Otherwise browsers focus the
// document, and users of screen readers lose their place.

/** Elements that disappear; the focus returns from them. */
const PASSING = "[role=dialog], [role=alertdialog], [role=menu], [role=listbox]";
/** Elements that can contain the focus. */
const PLACES = "li[aria-label], section, aside, main";

function isUsable(element: HTMLElement): boolean {
	return element.isConnected && !element.matches(":disabled");
}

/** An element and the elements around it, innermost first. */
function trailOf(element: HTMLElement): HTMLElement[] {
	const trail = [element];
	for (let above = element.parentElement; above; above = above.parentElement) {
		if (above.matches(PLACES)) trail.push(above);
	}
	return trail;
}

function enter(element: HTMLElement): void {
	if (element.matches(PLACES) && !element.hasAttribute("tabindex")) element.tabIndex = -1;
	element.focus({ preventScroll: true });
}

/** Keeps the focus in the whole document, until the returned function is called. */
export function keepFocus(): () => void {
	let trail: HTMLElement[] = [];
	let frame = 0;
	const isLost = (): boolean =>
		document.activeElement === document.body || !isUsable(document.activeElement as HTMLElement);
	const mend = (): void => {
		const left = trail.find(isUsable);
		if (left && isLost()) enter(left);
	};
	/** Later than the focus changes of a new page or a closing dialog. */
	const mendSoon = (): void => {
		if (trail.length === 0 || !isLost()) return;
		cancelAnimationFrame(frame);
		frame = requestAnimationFrame(() => {
			frame = requestAnimationFrame(mend);
		});
	};
	const note = ({ target }: FocusEvent): void => {
		if (target instanceof HTMLElement && !target.closest(PASSING)) trail = trailOf(target);
	};
	/**
	 * A click on an empty area removes the focus intentionally. When the browser reports it, an element that is about to be removed still
	 * exists.
	 */
	const leave = ({ target, relatedTarget }: FocusEvent): void => {
		if (relatedTarget || !document.hasFocus()) return;
		queueMicrotask(() => {
			if (trail[0] === target && isUsable(trail[0])) trail = [];
		});
	};
	const observer = new MutationObserver(mendSoon);
	observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
	document.addEventListener("focusin", note);
	document.addEventListener("focusout", leave);
	return () => {
		cancelAnimationFrame(frame);
		observer.disconnect();
		document.removeEventListener("focusin", note);
		document.removeEventListener("focusout", leave);
	};
}

// When what has the focus goes away (a form that was sent, a row, a dialog), the focus goes to what it was in. Left alone, browsers put it on
// the document, and who reads by ear is nowhere.

/** What passes: the focus comes back from it. */
const PASSING = "[role=dialog], [role=alertdialog], [role=menu], [role=listbox]";
/** What a person can be in. */
const PLACES = "li[aria-label], section, aside, main";

function isUsable(element: HTMLElement): boolean {
	return element.isConnected && !element.matches(":disabled");
}

/** The element, and the places that it is in, innermost first. */
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

/** Keeps it for the whole document, until the returned function is called. */
export function keepFocus(): () => void {
	let trail: HTMLElement[] = [];
	let frame = 0;
	const isLost = (): boolean =>
		document.activeElement === document.body || !isUsable(document.activeElement as HTMLElement);
	const mend = (): void => {
		const left = trail.find(isUsable);
		if (left && isLost()) enter(left);
	};
	/** Later than what a new page or a closing dialog does about it themselves. */
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
	/** Who clicks beside everything wants the focus nowhere. What is about to be taken away still is there when the browser tells. */
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

// Before anything is painted, so that a dark screen does not flash. A file of its own: the page allows no script in its text.
{
	let kept = null;
	try {
		kept = localStorage.getItem("olivine.theme");
	} catch {
		// Storage is off: the system decides.
	}
	const wanted = kept === '"light"' || kept === '"dark"' ? JSON.parse(kept) : null;
	const dark = wanted ? wanted === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
	document.documentElement.dataset.theme = dark ? "dark" : "light";
}

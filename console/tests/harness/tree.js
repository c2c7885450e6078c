// A page as aids read it, short: its landmarks, headings and controls. What differs from run to run, and what lists are filled with, is left out.

const KEPT = new Set(
	`banner navigation main complementary contentinfo region search form dialog heading link button textbox searchbox combobox
	checkbox radio radiogroup slider spinbutton switch tab table columnheader img progressbar`.split(/\s+/),
);
/** What lists are filled with is not the page's. */
const FILLING = new Set(["row", "listitem", "option"]);
const LINE = /^( *)- (?:'|")?(\/?[a-z]+)(?: "((?:[^"\\]|\\.)*)")?(.*)$/;

function masked(name) {
	return name
		.replace(/\b[0-9a-f]{8,}\b|…[0-9a-f]+/g, "…")
		.replace(/\d+(?:[.,]\d+)*/g, "0")
		.replace(/\b0 ?(?:s|m|h|d) ago\b|\bnow\b/g, "then");
}

/** Of playwright's whole tree, the lines that are kept, each under the nearest one that is. */
export function treeOf(snapshot) {
	const above = [];
	const kept = [];
	let leftOut = Number.POSITIVE_INFINITY;
	for (const line of snapshot.split("\n")) {
		const [, indent, role, name = "", rest = ""] = LINE.exec(line) ?? [];
		if (role === undefined) continue;
		if (indent.length > leftOut) continue;
		const isHead = /columnheader/.test(line);
		leftOut =
			FILLING.has(role) && !isHead && above.some(({ role: of }) => of === "main")
				? indent.length
				: Number.POSITIVE_INFINITY;
		while (above.length > 0 && above.at(-1).indent >= indent.length) above.pop();
		if (leftOut !== Number.POSITIVE_INFINITY || !KEPT.has(role)) continue;
		const level = /\[level=\d\]/.exec(rest)?.[0];
		const text = `${"  ".repeat(above.length)}- ${role}${name ? ` "${masked(name)}"` : ""}${level ? ` ${level}` : ""}`;
		above.push({ indent: indent.length, role });
		if (text !== kept.at(-1)) kept.push(text);
	}
	return `${kept.join("\n")}\n`;
}

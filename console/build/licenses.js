// The licences of the packages whose code is in the bundle, as one text: their authors ask for it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** All packages that the console's own need at run time. */
function packages(root, names, found = new Map()) {
	for (const name of names) {
		const file = join(root, "node_modules", name, "package.json");
		if (found.has(name) || !existsSync(file)) continue;
		const about = JSON.parse(readFileSync(file, "utf8"));
		found.set(name, about);
		packages(root, Object.keys(about.dependencies ?? {}), found);
	}
	return found;
}

function text(root, name) {
	const folder = join(root, "node_modules", name);
	const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
	return file ? readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim() : "(no text in the package)";
}

export function licenses(root) {
	const about = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
	const names = [...Object.keys(about.dependencies), "@fontsource-variable/inter"];
	const byText = new Map();
	for (const [name, { license }] of [...packages(root, names)].sort(([one], [other]) => (one < other ? -1 : 1))) {
		const own = text(root, name);
		byText.set(own, [...(byText.get(own) ?? []), `${name} (${license})`]);
	}
	return [...byText].map(([own, names]) => `${names.join("\n")}\n\n${own}\n`).join(`\n${"-".repeat(80)}\n\n`);
}

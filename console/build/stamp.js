// Writes `dist/BUILD`: which sources dist/ was built from, and what is in it. A Rust test computes both again, so that nobody commits
// sources without their build, on machines without Node too.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

const root = new URL("..", import.meta.url).pathname;
/** What a build depends on. `crates/server/tests/console.rs` has the same list. */
const SOURCES = ["build", "index.html", "package-lock.json", "public", "src", "tsconfig.json", "vite.config.ts"];

function filesBelow(path) {
	const found = readdirSync(path, { withFileTypes: true, recursive: true });
	return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function isFolder(name) {
	return readdirSync(root, { withFileTypes: true }).some((entry) => entry.name === name && entry.isDirectory());
}

const sha256 = (data) => createHash("sha256").update(data).digest("hex");

/** A line for each file: its hash and its path, in the order of the paths. */
function lines(files, base) {
	const named = files.map((file) => [relative(base, file).split(sep).join("/"), file]);
	named.sort(([one], [other]) => (one < other ? -1 : 1));
	return named.map(([name, file]) => `${sha256(readFileSync(file))}  ${name}\n`).join("");
}

/** The scopes of all operations: what of the API's document is in the bundle. The rest of it is types. */
function scopes() {
	const document = JSON.parse(readFileSync(join(root, "../docs/openapi.json"), "utf8"));
	const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
	const named = operations.filter((one) => one["x-required-scope"]);
	const all = named.map((one) => `${one.operationId} ${one["x-required-scope"]}\n`);
	return all.sort().join("");
}

const sources = SOURCES.flatMap((name) => (isFolder(name) ? filesBelow(join(root, name)) : [join(root, name)]));
const kept = sources.filter((file) => !file.includes(`${sep}generated${sep}`));
const dist = join(root, "dist");
const files = lines(
	filesBelow(dist).filter((file) => file !== join(dist, "BUILD")),
	dist,
);
const text = `sources ${sha256(lines(kept, root) + scopes())}\nbuild ${sha256(files)}\n${files}`;
writeFileSync(join(dist, "BUILD"), text);

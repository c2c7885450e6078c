// A module of `src/` that imports nothing, for tests without a browser. Node 20 reads no TypeScript itself.
import { readFile } from "node:fs/promises";
import { transformWithOxc } from "vite";

export async function load(path) {
	const file = new URL(`../../src/${path}`, import.meta.url).pathname;
	const { code } = await transformWithOxc(await readFile(file, "utf8"), file);
	return import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
}

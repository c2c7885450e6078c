// What Query keeps under a key has one shape: two queries with the same key would read each other's answers, and break the page.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const source = new URL("../../src/", import.meta.url);
const files = readdirSync(source, { recursive: true }).filter((name) => /\.tsx?$/.test(name));
const DEFINED = /(?:[qQ]ueryOptions|useQuery)\(\{\s*queryKey: (\[[^\]]*\])/g;

/** `["bundle", "one", prn]` and `["bundle", "one", id]` are the same. */
const shapeOf = (key) =>
	key
		.slice(1, -1)
		.split(",")
		.map((part) => part.trim())
		.map((part) => (part.startsWith('"') ? part : "…"))
		.join(" ");

test("each key has one query", () => {
	const found = new Map();
	for (const file of files) {
		for (const [, key] of readFileSync(new URL(file, source), "utf8").matchAll(DEFINED)) {
			const shape = shapeOf(key);
			assert.ok(!found.has(shape), `${shape} is in ${file} and in ${found.get(shape)}`);
			found.set(shape, file);
		}
	}
	assert.ok(found.size > 20, "the sources are read");
});

// What becomes of a form whose record somebody else changed meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../harness/module.js";

const { changesOf, merge } = await load("ui/edit/merge.ts");
const base = { name: "spring", description: "", version: "2.0.0" };

test("what only they changed is taken over, what only I changed stays", () => {
	const { values, taken, conflicts } = merge(base, { ...base, name: "summer" }, { ...base, description: "notes" });
	assert.deepEqual(values, { name: "summer", description: "notes", version: "2.0.0" });
	assert.deepEqual(taken, ["description"]);
	assert.deepEqual(conflicts, []);
});

test("what both changed is to be chosen, unless both mean the same", () => {
	const mine = { ...base, name: "summer", version: "2.1.0" };
	const { values, taken, conflicts } = merge(base, mine, { ...base, name: "autumn", version: "2.1.0" });
	assert.deepEqual(conflicts, [{ field: "name", mine: "summer", theirs: "autumn" }]);
	assert.deepEqual(taken, []);
	assert.deepEqual(values, mine);
});

test("only what differs is sent", () => {
	assert.deepEqual(changesOf(base, { ...base, description: "notes" }), { description: "notes" });
});

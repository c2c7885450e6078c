// How release graphs are drawn: every graph of the shared vectors, and long ones.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "../harness/module.js";

const { layOut } = await load("graph/layout.ts");
const vectors = new URL("../../../crates/domain/tests/data/resolution.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(vectors, "utf8"));

const nodesOf = (releases) =>
	Object.entries(releases).map(([id, { next, required }]) => ({ id, next, isPlain: !required }));

/** Follows the line that leaves a row upwards, as an eye does, to the row where it ends. */
function followUp(rows, index) {
	let lane = rows[index].lane;
	if (rows[index].joins === "nothing") return null;
	if (rows[index].joins === "branch") lane -= 1;
	for (let row = index - 1; row >= 0; row -= 1) {
		assert.ok(rows[row].lane >= lane, `the line of row ${index} runs beside row ${row}`);
		if (rows[row].lane === lane) return row;
	}
	return assert.fail(`the line of row ${index} ends nowhere`);
}

function check(nodes, rows) {
	const next = new Map(nodes.map((node) => [node.id, node.next]));
	assert.deepEqual(rows.flatMap(({ ids }) => ids).sort(), [...next.keys()].sort(), "each release once");
	rows.forEach(({ ids, goesOn }, index) => {
		for (const [place, id] of ids.slice(1).entries()) assert.equal(next.get(id), ids[place]);
		const above = followUp(rows, index);
		assert.equal(next.get(ids[0]) ?? null, above === null ? null : rows[above].ids.at(-1));
		assert.equal(goesOn, [...next.values()].includes(ids.at(-1)));
	});
}

test("each graph of the vectors is drawn so that each line leads to where the release leads", () => {
	assert.ok(cases.length >= 150);
	for (const { releases } of cases) {
		const nodes = nodesOf(releases);
		check(nodes, layOut(nodes));
		check(nodes, layOut(nodes, { least: 2, shown: new Set() }));
	}
});

test("the longest path goes straight, and the shortest one branches off first", () => {
	const nodes = [
		{ id: "latest", next: null },
		{ id: "short", next: "latest" },
		{ id: "long", next: "latest" },
		{ id: "longer", next: "long" },
		{ id: "middle", next: "longer" },
		{ id: "first", next: "longer" },
		{ id: "zero", next: "first" },
	];
	const drawn = layOut(nodes).map(({ ids, lane, joins }) => `${ids} ${lane} ${joins}`);
	assert.deepEqual(drawn, [
		"latest 0 nothing",
		"short 1 branch",
		"long 0 straight",
		"longer 0 straight",
		"middle 1 branch",
		"first 0 straight",
		"zero 0 straight",
	]);
});

test("a thousand plain releases fold to three rows, and those that were unfolded stay", () => {
	const nodes = Array.from({ length: 1000 }, (_, id) => ({
		id: String(id),
		next: id === 0 ? null : String(id - 1),
		isPlain: true,
	}));
	const rows = layOut(nodes, { least: 4, shown: new Set() });
	assert.deepEqual(
		rows.map(({ ids }) => ids.length),
		[1, 998, 1],
	);
	check(nodes, rows);
	const open = layOut(nodes, { least: 4, shown: new Set(["500"]) });
	assert.deepEqual(
		open.map(({ ids }) => ids.length),
		[1, 499, 1, 498, 1],
	);
});

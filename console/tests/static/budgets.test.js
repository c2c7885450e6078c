// How much a browser has to load, compressed as the server does it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const dist = new URL("../../dist/", import.meta.url);
const assets = new URL("assets/", dist);
const files = readdirSync(assets);
const kilobytes = (name) => gzipSync(readFileSync(new URL(name, assets)), { level: 9 }).length / 1000;
const page = readFileSync(new URL("index.html", dist), "utf8");
const first = files.filter((name) => page.includes(`/${name}"`));
const sum = (names) => names.map(kilobytes).reduce((all, each) => all + each, 0);

test("the first load", () => {
	const scripts = sum(first.filter((name) => name.endsWith(".js")));
	assert.ok(scripts <= 205, `${scripts} kB of scripts`);
	const styles = sum(files.filter((name) => name.endsWith(".css")));
	assert.ok(styles <= 15, `${styles} kB of styles`);
});

test("what comes later", () => {
	for (const name of files.filter((each) => each.endsWith(".js") && !first.includes(each))) {
		const most = name === "widgets.js" ? 90 : 30;
		assert.ok(kilobytes(name) <= most, `${name} has ${kilobytes(name)} kB`);
	}
});

test("all of it", () => {
	const bytes = files.map((name) => statSync(new URL(name, assets)).size).reduce((all, each) => all + each, 0);
	assert.ok(bytes <= 1_500_000, `${bytes} bytes`);
});

test("names stay, so that git keeps only differences", () => {
	for (const name of files) assert.match(name, /^[a-z_-]+\.(js|css|svg|txt|woff2)$/);
});

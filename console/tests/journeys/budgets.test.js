// What pages cost in a browser with a large fleet. Counted things are held against their limits: how far a page jumps, how much it draws,
// what a tab keeps. Times depend on the machine: they are printed and held against theirs only by `cargo xtask console bench`.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { Meter } from "../harness/measure.js";
import { seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

const isBench = Boolean(process.env.CONSOLE_BENCH);
const FLEET = Number(process.env.CONSOLE_FLEET ?? 20_000);

/** In milliseconds, on a slow phone. */
const LCP = 2_500;
const INP = 200;
/** How far a page may jump: 0.1 is what is called good. What is left is the end of a page, which moves down as lists arrive. */
const CLS = 0.05;
/** Elements of a page, however large the fleet is. */
const ELEMENTS = 3_000;
/** What a tab may keep more after it has seen all pages again and again. */
const GROWTH = { bytes: 4_000_000, nodes: 1_500, listeners: 300 };
/** What the tab may weigh after rows of devices: many when it is asked for. */
const ROWS = isBench ? 10_000 : 300;
const TAB = 150_000_000;

let server;
let ada;
let meter;
let pages;

const number = (value) => value.toLocaleString("en");

before(async () => {
	server = await Server.start();
	seedRelease(server);
	const lines = Array.from({ length: FLEET }, (_, index) => `SN-${String(index).padStart(7, "0")},europe`);
	writeFileSync(join(server.folder, "fleet.csv"), `identifier,tags\n${lines.join("\n")}\n`);
	server.peridio("devices", "import", "--file", "fleet.csv", "--cohort", "gateway/daily");
	const { releases } = await server.call("GET", "/v1/releases");
	const { bundles } = await server.call("GET", "/v1/bundles");
	pages = [
		["/", "What the fleet runs"],
		["/releases", "daily"],
		["/cohorts/gateway/daily", "latest"],
		[`/releases/${releases[0].prn.split(":").at(-1)}`, "Who gets it"],
		["/artifacts", "main-firmware"],
		["/artifacts/main-firmware", "2.0.0"],
		["/artifacts/main-firmware/2.0.0", "arm-linux-gnueabihf"],
		["/artifacts/main-firmware/2.0.0/arm-linux-gnueabihf", "It is verified and signed"],
		[`/bundles/${bundles[0].prn}`, "Its content never changes"],
		["/devices", "SN-"],
		["/devices/SN-0000007", "Next"],
		["/audit", "events shown"],
		["/settings/people", "Ada Lovelace"],
		["/settings/organization", "Set the limit"],
	];
	ada = await Person.arrive(server);
	await setUp(ada);
	meter = await Meter.on(ada);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("no page jumps while it loads, and none draws more for a large fleet", async () => {
	if (isBench) await meter.slowDown();
	if (isBench) console.log(`with ${number(FLEET)} devices:   LCP      CLS  elements`);
	const late = [];
	for (const [path, seen] of pages) {
		await ada.go(path);
		await ada.sees(seen);
		await ada.isQuiet();
		const { lcp, cls, jumped } = await meter.read();
		const elements = await meter.nodes();
		const row = [`${Math.round(lcp)} ms`.padStart(8), cls.toFixed(3).padStart(8), String(elements).padStart(8)];
		if (isBench) console.log(path.slice(0, 24).padEnd(24), ...row);
		assert.ok(cls <= CLS, `${path} jumps by ${cls}: ${jumped.join("; ")}`);
		assert.ok(elements <= ELEMENTS, `${path} has ${elements} elements`);
		if (lcp > LCP) late.push(`${path} is painted after ${Math.round(lcp)} ms`);
	}
	if (isBench) assert.deepEqual(late, []);
	ada.assertNothingWrong("all pages");
});

test("keys are answered at once", async () => {
	await ada.go("/devices");
	await ada.sees("SN-");
	const search = ada.page.getByRole("searchbox", { name: "Search devices" });
	await search.pressSequentially("00012", { delay: 60 });
	await ada.page.keyboard.press("Control+k");
	await ada.page.getByRole("menuitem", { name: /Overview/ }).waitFor();
	await ada.page.keyboard.type("over", { delay: 60 });
	await ada.page.keyboard.press("Enter");
	await ada.seesHeading("Overview");
	const { inp } = await meter.read();
	await meter.asFastAsItIs();
	if (isBench) {
		console.log(`the slowest answer to a key: ${inp} ms`);
		assert.ok(inp <= INP, `${inp} ms`);
	}
});

test("a tab that has seen all pages over and over keeps no more than after the first time", async () => {
	const walk = async () => {
		for (const [path, seen] of pages) {
			await ada.visit(path);
			await ada.sees(seen);
			await ada.isQuiet();
		}
		await ada.visit("/");
		await ada.isQuiet();
		return meter.kept();
	};
	const first = await walk();
	await walk();
	const last = await walk();
	for (const [what, limit] of Object.entries(GROWTH)) {
		if (isBench) console.log(`${what}: ${number(first[what])}, then ${number(last[what])}`);
		assert.ok(last[what] - first[what] <= limit, `${what}: ${number(first[what])}, then ${number(last[what])}`);
	}
	ada.assertNothingWrong("the walks");
});

test("a long list of devices leaves the tab light", async () => {
	await ada.go("/devices");
	const more = ada.page.getByRole("button", { name: "Show more" });
	// A first page of 50, then 100 at a time, and 1,000 where there are many.
	for (let rows = 50; rows < Math.min(ROWS, FLEET); ) {
		rows = Math.min(rows + (rows < 500 ? 100 : 1000), FLEET);
		await more.click();
		await ada.sees(new RegExp(`${number(rows)} rows`));
	}
	const { bytes } = await meter.kept();
	if (isBench)
		console.log(`after ${number(ROWS)} rows: ${number(bytes)} bytes, ${number(await meter.nodes())} elements`);
	assert.ok(bytes <= TAB, `${number(bytes)} bytes`);
});

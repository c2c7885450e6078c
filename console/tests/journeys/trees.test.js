// What readers hear of the main pages: landmarks, headings and controls, as they are written down in `tests/trees/`.
// UPDATE_TREES=1 writes them anew.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { seedDevices, seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";
import { treeOf } from "../harness/tree.js";

const folder = new URL("../trees/", import.meta.url);

let server;
let ada;

before(async () => {
	server = await Server.start();
	seedRelease(server);
	await seedDevices(server, 3);
	ada = await Person.arrive(server);
	await setUp(ada);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

const FIRMWARE = "/artifacts/main-firmware";
const PAGES = {
	overview: ["/", "What the fleet runs"],
	releases: ["/releases", "Open to all"],
	cohort: ["/cohorts/gateway/daily", "latest"],
	release: [() => releasePath(), "Devices on it"],
	firmware: ["/artifacts", "main-firmware"],
	artifact: [FIRMWARE, "2.0.0"],
	version: [`${FIRMWARE}/2.0.0`, "Drop files here"],
	binary: [`${FIRMWARE}/2.0.0/arm-linux-gnueabihf`, "enough for a release"],
	devices: ["/devices", "3 rows of 3 devices"],
	device: ["/devices/SN-000002", "Next"],
	audit: ["/audit", "events shown"],
	people: ["/settings/people", "No open invitations"],
};

async function releasePath() {
	const { releases } = await server.call("GET", "/v1/releases");
	return `/releases/${releases[0].prn.split(":").at(-1)}`;
}

for (const [name, [path, seen]] of Object.entries(PAGES)) {
	test(`${name} is read as it is written down`, async () => {
		await ada.visit(typeof path === "string" ? path : await path());
		await ada.sees(seen);
		await ada.page.waitForFunction(() => !document.querySelector("main [aria-busy=true]"));
		await ada.isQuiet();
		const tree = treeOf(await ada.page.locator("body").ariaSnapshot());
		const file = new URL(`${name}.yml`, folder);
		if (process.env.UPDATE_TREES) {
			mkdirSync(folder, { recursive: true });
			writeFileSync(file, tree);
		}
		assert.ok(existsSync(file), `${name}.yml is not there: UPDATE_TREES=1 writes it`);
		assert.equal(tree, readFileSync(file, "utf8"), "if this is as it should be: UPDATE_TREES=1");
		ada.assertNothingWrong(name);
	});
}

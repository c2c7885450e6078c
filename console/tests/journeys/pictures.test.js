// The pictures of the documentation: real pages with real data. Only when asked for: PICTURES=1 writes docs/images/ anew.
import assert from "node:assert/strict";
import { mkdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { reportStatus, seedHistory } from "../harness/releases.js";
import { seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

const skip = process.env.PICTURES ? false : "PICTURES=1 takes them";
const folder = new URL("../../../docs/images/", import.meta.url).pathname;
const LARGEST = 200_000;
const LARGE_FILE = 120_000_000;

let server;
let ada;
let releases;

before(async () => {
	if (skip) return;
	mkdirSync(folder, { recursive: true });
	server = await Server.start();
	ada = await Person.arrive(server);
	await setUp(ada);
	seedRelease(server);
	({ releases } = await seedHistory(server));
	const { prn: release_prn, bundle_prn } = releases.get("spring");
	const update = { release_prn, bundle_prn };
	const detail = "installer: no space left on /dev/mmcblk0p3\n  wanted 40000 bytes, 8192 free";
	await reportStatus(server, "GW-0001", { ...update, status: "failed", detail });
	for (const device of ["GW-0006", "GW-0007", "GW-0014"]) {
		await reportStatus(server, device, { ...update, status: "installed" });
	}
	await sayVersions();
	await asAda("PATCH", "/v1/organization", { name: "acme" });
	for (const phase_value of [0.25, 0.5]) {
		await asAda("PATCH", `/v1/releases/${release_prn}`, { phase_mode: "numeric", phase_value });
	}
	const { devices } = await server.call("GET", "/v1/devices?limit=100");
	await asAda("PATCH", `/v1/devices/${devices[2].prn}`, { quarantined: true });
	await asAda("PATCH", `/v1/devices/${devices[8].prn}`, { description: "On the roof of the office in Lyon" });
});

after(async () => {
	if (skip) return;
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

/** A change by her, not by a key: the pages say who did it. */
function asAda(method, path, body) {
	return ada.page.evaluate(
		async (given) => {
			const headers = { "content-type": "application/json", "olivine-console": "1" };
			const answer = await fetch(given.path, { method: given.method, headers, body: JSON.stringify(given.body) });
			if (!answer.ok) throw new Error(await answer.text());
		},
		{ method, path, body },
	);
}

/** Each device says the version of the release that it is on. */
async function sayVersions() {
	const byPrn = new Map([...releases.values()].map((release) => [release.prn, release.version]));
	const { devices } = await server.call("GET", "/v1/devices?limit=100");
	for (const { prn, release_prn } of devices) {
		const said = { release_prn, release_version: byPrn.get(release_prn), write: true };
		await server.call("POST", `/v1/devices/${prn}/update`, said);
	}
}

async function take(name) {
	await ada.isQuiet();
	await ada.page.mouse.move(0, 0);
	const path = join(folder, `${name}.png`);
	await ada.page.screenshot({ path });
	assert.ok(statSync(path).size <= LARGEST, `${name}.png is too large`);
	ada.assertNothingWrong(name);
}

const pageOf = (name) => `/releases/${releases.get(name).prn.split(":").at(-1)}`;

test("the overview", { skip }, async () => {
	await ada.go("/");
	await ada.sees("What the fleet runs");
	await take("overview");
});

test("the graph of a cohort, with a release opened", { skip }, async () => {
	await ada.go("/cohorts/gateway/daily");
	await ada.press("1.1.0");
	await ada.page.getByRole("complementary", { name: "Release 1.1.0" }).waitFor();
	await take("cohort");
});

test("a device, and why it gets nothing", { skip }, async () => {
	await ada.go("/devices/GW-0004");
	await ada.sees("No update");
	await take("device");
});

test("a release that half of the devices may have", { skip }, async () => {
	await ada.go(pageOf("spring"));
	await ada.sees("no space left on");
	await take("release");
});

test("the same on a phone, with Stop under the thumb", { skip }, async () => {
	await ada.page.setViewportSize({ width: 390, height: 844 });
	await ada.go(pageOf("spring"));
	await ada.sees("no space left on");
	await take("phone");
	await ada.page.setViewportSize({ width: 1280, height: 860 });
});

test("an upload that is on its way", { skip }, async () => {
	const file = join(server.folder, "firmware-arm-linux-gnueabihf.bin");
	writeFileSync(file, "a beginning");
	truncateSync(file, LARGE_FILE);
	server.peridio("artifact-versions", "create", "--artifact", "main-firmware", "--version", "2.2.0");
	let arrived = 0;
	await ada.context.route("**/content/**", (route) => {
		arrived += 1;
		return arrived <= 4 ? route.continue() : new Promise(() => {});
	});
	await ada.go("/artifacts/main-firmware/2.2.0");
	await ada.field("Firmware files").setInputFiles(file);
	await ada.page.locator("input[name=target][value='arm-linux-gnueabihf']").waitFor();
	await ada.press("Upload");
	await ada.page
		.getByRole("region", { name: "Uploads" })
		.getByText(/6\d(\.\d)? MB of/)
		.waitFor({ timeout: 40_000 });
	await ada.page.mouse.move(0, 0);
	await ada.page.screenshot({ path: join(folder, "upload.png") });
});

// A large installation: two processes on PostgreSQL behind nginx, contents in an object store. Pages can't tell which process answers.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { Pair, lacksForPair as skip } from "../harness/pair.js";
import { lacksForPages } from "../harness/s3.js";
import { setUp } from "../harness/seed.js";

const VERSION = "/artifacts/main-firmware/1.0.0";

let pair;
let ada;

before(async () => {
	if (skip) return;
	pair = await Pair.start();
	ada = await Person.arrive(pair);
	ada.storages.add(pair.s3.endpoint);
	await setUp(ada);
});

after(async () => {
	if (skip) return;
	await closeBrowser();
	await pair[Symbol.asyncDispose]();
});

test("what one process is told is seen by pages of both, without a reload", { skip }, async () => {
	const { artifact } = await pair.call(0, "POST", "/v1/artifacts", { name: "main-firmware" });
	const tabs = [ada.page, await ada.openTab()];
	for (const tab of tabs) await tab.goto("/artifacts");
	for (const tab of tabs) await tab.getByText("Live ·").waitFor();
	for (const process of [0, 1]) await pair.call(process, "POST", "/v1/artifacts", { name: `modem-${process}` });
	for (const tab of tabs) await tab.getByRole("button", { name: "2 newer" }).waitFor();
	await pair.call(1, "POST", "/v1/artifact_versions", { artifact_prn: artifact.prn, version: "1.0.0" });
	await tabs[1].close();
	ada.assertNothingWrong("two tabs");
});

test("an upload goes to the store while one of the processes goes away and comes back", {
	skip: skip || lacksForPages,
}, async () => {
	const file = join(pair.folder, "firmware.bin");
	writeFileSync(file, randomBytes(40_000_000));
	const sent = new Set();
	ada.page.on("request", (request) => {
		if (request.method() === "PUT" && request.url().includes("X-Amz-Signature"))
			sent.add(new URL(request.url()).origin);
	});
	await ada.go(VERSION);
	await ada.field("Firmware files").setInputFiles(file);
	await ada.type("Target", "arm64");
	// What is refused while a process ends is asked again; a browser notes it all the same.
	ada.expected.add(502).add(503);
	await ada.press("Upload");
	await ada.page.getByRole("listitem", { name: "Upload of main-firmware/1.0.0/arm64" }).waitFor({ timeout: 20_000 });
	const [, other] = pair.servers;
	await other.stop();
	await ada.page.getByRole("row", { name: /arm64 signable/ }).waitFor({ timeout: 40_000 });
	assert.deepEqual([...sent], [pair.s3.endpoint]);
	await other.run(other.settings);
	await ada.page.getByText("Live ·").waitFor({ timeout: 40_000 });
	// A stream that its process ended.
	ada.problems = ada.problems.filter((each) => !/ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE/.test(each));
	await ada.look("upload-to-store");
});

test("a session is one for all processes, and ends on all", { skip }, async () => {
	await ada.page.getByRole("button", { name: /Your account/ }).click();
	await ada.page.getByRole("menuitem", { name: "Sign out" }).click();
	await ada.seesHeading("Sign in");
	for (let tries = 0; tries < 4; tries += 1) {
		await ada.go(VERSION);
		await ada.seesHeading("Sign in");
	}
	ada.assertNothingWrong("after signing out");
});

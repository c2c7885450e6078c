// A large upload: paused, its tab killed, gone on with, and another file refused.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

const SIZE = 300_000_000;
const VERSION = "/artifacts/main-firmware/1.0.0";

let server;
let ada;

const inFolder = (name) => join(server.folder, name);

/** A file that takes no room on the disk: a beginning, and then zeros. */
function sparse(name, beginning) {
	writeFileSync(inFolder(name), beginning);
	truncateSync(inFolder(name), SIZE);
	return inFolder(name);
}

async function sha256(path) {
	const hash = createHash("sha256");
	for await (const chunk of createReadStream(path)) hash.update(chunk);
	return hash.digest("hex");
}

/** Keeps parts from arriving after some of them have, so that there is time to look. */
async function hold(context, after) {
	let arrived = 0;
	await context.route("**/content/**", async (route) => {
		arrived += 1;
		if (arrived <= after) return route.continue();
		return new Promise(() => {});
	});
}

async function binary() {
	return (await server.call("GET", "/v1/binaries")).binaries[0];
}

before(async () => {
	server = await Server.start();
	ada = await Person.arrive(server);
	await setUp(ada);
	server.peridio("artifacts", "create", "--name", "main-firmware");
	server.peridio("artifact-versions", "create", "--artifact", "main-firmware", "--version", "1.0.0");
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("an upload is seen on every page, and can be paused", async () => {
	await hold(ada.context, 5);
	await ada.go(VERSION);
	await ada.field("Firmware files").setInputFiles(sparse("large.bin", "the right one"));
	await ada.type("Target", "arm64");
	await ada.press("Upload");
	const bar = ada.page.getByRole("region", { name: "Uploads" });
	// Not before its hash is known.
	await bar.getByText("main-firmware/1.0.0/arm64").waitFor({ timeout: 60_000 });
	await ada.page.keyboard.press("g");
	await ada.page.keyboard.press("o");
	await ada.seesHeading("Overview");
	await bar.getByText(/8\d\.\d MB|8\d MB/).waitFor({ timeout: 30_000 });
	await ada.look("upload-bar");
	await bar.getByRole("link").click();
	await ada.seesHeading("1.0.0");
	await ada.press("Pause the upload");
	await ada.page.getByRole("listitem", { name: "Upload of main-firmware/1.0.0/arm64" }).getByText("Paused").waitFor();
	await ada.look("upload-paused");
});

test("leaving the page asks while something runs", async () => {
	await ada.press("Resume the upload");
	await ada.page.getByRole("button", { name: "Pause the upload" }).waitFor();
	const asked = ada.page.waitForEvent("dialog");
	void ada.page.close({ runBeforeUnload: true });
	const dialog = await asked;
	assert.equal(dialog.type(), "beforeunload");
	await dialog.dismiss();
});

test("after the tab was killed, another file is refused before anything of it is sent", async () => {
	await ada.page.close();
	await ada.context.unrouteAll();
	ada.page = await ada.openTab();
	let sent = 0;
	ada.page.on("request", (request) => {
		if (request.url().includes("/content/")) sent += 1;
	});
	await ada.go(VERSION);
	await ada.sees("Needs its file");
	await ada.field("large.bin once more").setInputFiles(sparse("other.bin", "another one"));
	await ada.sees("other.bin is not the file that this upload was begun with");
	await ada.look("upload-wrong-file");
	assert.equal(sent, 0);
	assert.equal((await binary()).state, "uploadable");
});

test("with the same file it goes on where it stopped, until the server has verified it", async () => {
	const already = (await server.call("GET", `/v1/binaries/${(await binary()).prn}/parts?limit=100`)).binary_parts;
	const valid = already.filter(({ state }) => state === "valid").length;
	assert.ok(valid >= 3, `${valid} parts had arrived`);
	await ada.field("large.bin once more").setInputFiles(inFolder("large.bin"));
	await ada.page.getByRole("row", { name: /arm64 signable/ }).waitFor({ timeout: 60_000 });
	assert.equal((await binary()).hash, `sha256:${await sha256(inFolder("large.bin"))}`);
	await ada.look("upload-resumed");
});

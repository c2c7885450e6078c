// From nothing to the first device, along the six steps of the overview: by its forms, by a terminal where a private key is needed, and
// with the steps ticking themselves off.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { setUp } from "../harness/seed.js";
import { executables, Server } from "../harness/server.js";

const TARGET = "arm-linux-gnueabihf";

let server;
let ada;

const inFolder = (name) => join(server.folder, name);

/** The lines of the page's open step as somebody pastes them into a terminal. */
function terminal(lines) {
	const env = {
		...process.env,
		PATH: `${executables}:${process.env.PATH}`,
		PERIDIO_BASE_URL: server.url,
		PERIDIO_API_KEY: server.key,
	};
	const ran = spawnSync("sh", ["-ec", lines], { cwd: server.folder, env, encoding: "utf8" });
	assert.equal(ran.status, 0, ran.stderr);
}

const command = () => ada.page.getByRole("listitem").locator("pre").first().textContent();
const finished = (words) => ada.page.getByRole("heading", { name: `${words} (done)` }).waitFor();

before(async () => {
	server = await Server.start();
	ada = await Person.arrive(server);
	await setUp(ada);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("a newcomer's way with a 20 MB file, to the device that asks", async () => {
	const begun = Date.now();
	let clicks = 0;
	const press = (role, name) => {
		clicks += 1;
		return ada.page.getByRole(role, { name, exact: true }).click();
	};
	await ada.sees("6 steps left.");
	terminal((await command()).replace(/peridio.*/, ""));
	await press("button", "Trust a key…");
	await ada.type("Name", "production");
	await ada.page.locator("input[type=file]").setInputFiles(inFolder("signing.pub.pem"));
	await press("button", "Trust it");
	await finished("Trust a signing key");

	await ada.look("beginning-upload");
	await press("button", "Go on to its file");
	writeFileSync(inFolder("firmware.bin"), randomBytes(20_000_000));
	await ada.field("Firmware files").setInputFiles(inFolder("firmware.bin"));
	await ada.type("Target", TARGET);
	await press("button", "Upload");
	await ada.page.getByRole("row", { name: /signable/ }).waitFor({ timeout: 60_000 });
	await press("link", "Overview");
	await finished("Upload a firmware");
	await ada.look("beginning-sign");
	terminal(await command());
	await finished("Sign it");

	assert.equal(await ada.field("Target").inputValue(), TARGET);
	await ada.look("beginning-cohort");
	await press("button", "Create them");
	await finished("Make a product and a cohort");

	await ada.look("beginning-release");
	await press("button", "Go on to its release");
	await ada.seesHeading("New release as the first one of this cohort");
	await press("button", "Go on");
	await press("button", "Release it");
	await ada.page.getByRole("button", { name: "spring", exact: true }).waitFor();
	await press("link", "Overview");
	await finished("Release it to the cohort");

	await press("button", "Register it");
	await ada.sees("SN-000042 has not asked yet.");
	await ada.look("beginning-waits");
	const lines = (await command()).replaceAll(/https:\/\/\S+(?=\/update)/g, server.deviceUrl);
	terminal(lines.replace("device-ca.pem", join(server.data, "device-ca.pem")));
	await finished("Let the first device ask");
	await ada.sees("has asked");
	await ada.sees("All six steps are done.");
	await ada.look("beginning-done");
	ada.assertNothingWrong("after the way");
	assert.ok(Date.now() - begun < 300_000, "within five minutes");
	assert.ok(clicks <= 12, `${clicks} clicks`);

	await ada.page.reload();
	await ada.seesHeading("Overview");
	await ada.sees("Nothing needs you.");
	assert.equal(await ada.page.getByText("From nothing to the first device").count(), 0);
});

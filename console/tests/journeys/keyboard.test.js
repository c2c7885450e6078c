// The way from a file to a release that is stopped again, with keys alone: what a mouse would have done is never asked for.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { Keyboard } from "../harness/keyboard.js";
import { ADA } from "../harness/seed.js";
import { Server } from "../harness/server.js";

let server;
let ada;
let keys;

const inFolder = (name) => join(server.folder, name);

function terminal(line) {
	const ran = spawnSync("sh", ["-ec", line], { cwd: server.folder, encoding: "utf8" });
	assert.equal(ran.status, 0, ran.stderr);
}

before(async () => {
	server = await Server.start();
	terminal("openssl genpkey -algorithm ed25519 -out private_key.pem");
	terminal("openssl pkey -in private_key.pem -pubout -out signing.pub.pem");
	server.peridio("signing-keys", "create", "--name", "production", "--public-key-file", "signing.pub.pem");
	server.peridio("products", "create", "--name", "gateway", "--target", "arm64");
	server.peridio("cohorts", "create", "--product", "gateway", "--name", "daily");
	ada = await Person.arrive(server);
	keys = new Keyboard(ada);
	await ada.go(server.setupLink);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("an account, and past the rail into the page", async () => {
	await keys.write("Your name", ADA.name);
	await keys.write("E-mail", ADA.email);
	await keys.write("Password", ADA.password);
	await keys.press("Enter");
	await ada.seesHeading("Overview");
	await keys.skipToPage();
	ada.assertNothingWrong("the overview by keys");
});

test("an artifact and a version", async () => {
	await keys.press("g", "f");
	await ada.seesHeading("Firmware");
	await keys.isIn("main");
	await keys.go("button", "New artifact…");
	await keys.isIn("[role=dialog]");
	await keys.write("Name", "main-firmware");
	await keys.press("Enter");
	await ada.seesHeading("main-firmware");
	await keys.isIn("main");
	await keys.go("button", "New version…");
	await keys.press("Escape");
	await ada.page.getByRole("dialog").waitFor({ state: "detached" });
	await keys.reach("button", "New version…");
	await keys.press("Enter");
	await keys.write("Version", "2.0.0");
	await keys.press("Enter");
	await ada.seesHeading("2.0.0");
	await keys.isIn("main");
	ada.assertNothingWrong("a version by keys");
});

test("a file is uploaded, and signed by what openssl made", async () => {
	writeFileSync(inFolder("firmware.bin"), randomBytes(200_000));
	await keys.choose("Firmware files", inFolder("firmware.bin"));
	await keys.isIn("main");
	await keys.write("Target", "arm64");
	await keys.go("button", "Upload");
	await ada.sees("signable");
	await keys.isIn("[aria-label=Upload]");
	await keys.reach("link", "arm64", "Shift+Tab");
	await keys.press("Enter");
	await ada.sees("It awaits a signature");
	await keys.isIn("main");
	terminal(await ada.page.getByText("openssl pkeyutl").textContent());
	await keys.write("Signature", readFileSync(inFolder("firmware.sig")).toString("base64"));
	await keys.go("button", "Attach the signature");
	await ada.sees("It is verified and signed: it can be released.");
	await keys.isIn("main");
	ada.assertNothingWrong("a signature by keys");
});

test("a bundle of one version among two, by the palette", async () => {
	writeFileSync(inFolder("modem.bin"), randomBytes(500));
	const modem = ["--artifact", "modem", "--version", "1.4.0", "--target", "portable"];
	server.peridio("push", "modem.bin", ...modem, "--signing-key", "private_key.pem");
	await keys.press("Control+k");
	await keys.isIn("[role=dialog]");
	await keys.type("bundl");
	await keys.press("Enter");
	await ada.seesHeading("Bundles");
	await keys.isIn("main");
	await keys.go("link", "New bundle");
	await ada.seesHeading("New bundle");
	await ada.page.getByRole("option", { name: "modem/1.4.0" }).waitFor({ state: "attached" });
	for (const title of ["modem/1.4.0", "main-firmware/2.0.0"]) {
		await keys.select("Add a version", title);
		await keys.go("button", "Add");
		await ada.page.getByRole("button", { name: `Take ${title} out` }).waitFor();
		await keys.isIn("form, section");
	}
	await keys.go("button", "Move main-firmware/2.0.0 up");
	await keys.isIn("main");
	await keys.go("button", "Take modem/1.4.0 out");
	await keys.isIn("main");
	await keys.write("Name", "spring");
	await keys.press("Enter");
	await ada.sees("1 binary, all signed: it can be released.");
	await keys.isIn("main");
	ada.assertNothingWrong("a bundle by keys");
});

test("it is released to a cohort, narrowed to a share, and stopped", async () => {
	await keys.press("g", "r");
	await keys.go("link", "daily");
	await ada.seesHeading("gateway/daily");
	await keys.isIn("main");
	await keys.go("button", "New release");
	await keys.isIn("[role=dialog]");
	await keys.select("Bundle", "spring");
	await keys.write("Name", "spring");
	await keys.write("Version", "2.0.0");
	await keys.press("Enter");
	await keys.isIn("[role=dialog], [role=alertdialog]");
	await keys.go("button", "Release it");
	await ada.page.getByRole("button", { name: "spring", exact: true }).waitFor();
	await keys.isIn("main");
	await keys.go("button", "spring");
	await ada.page.getByRole("complementary", { name: "Release spring" }).waitFor();
	await keys.go("button", "Stop");
	await ada.sees("spring is stopped: no further device gets it.");
	await keys.isIn("aside");
	const { releases } = await server.call("GET", "/v1/releases");
	assert.equal(releases[0].disabled, true);
	ada.assertNothingWrong("a release by keys");
});

// A developer's way from a file to a bundle: upload, signature by openssl in a terminal, and what is seen on the pages meanwhile.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

const TARGET = "arm-linux-gnueabihf";

let server;
let ada;

const inFolder = (name) => join(server.folder, name);

/** A line as somebody pastes it into a terminal. */
function terminal(line) {
	const ran = spawnSync("sh", ["-ec", line], { cwd: server.folder, encoding: "utf8" });
	assert.equal(ran.status, 0, ran.stderr);
}

before(async () => {
	server = await Server.start();
	ada = await Person.arrive(server);
	await setUp(ada);
	terminal("openssl genpkey -algorithm ed25519 -out private_key.pem");
	terminal("openssl pkey -in private_key.pem -pubout -out signing.pub.pem");
	server.peridio("signing-keys", "create", "--name", "production", "--public-key-file", "signing.pub.pem");
	server.peridio("products", "create", "--name", "gateway", "--target", TARGET);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("an artifact and a version are made", async () => {
	await ada.go("/artifacts");
	await ada.sees("No artifacts yet");
	await ada.look("firmware-empty");
	await ada.page.getByRole("button", { name: "New artifact…" }).first().click();
	await ada.type("Name", "main-firmware");
	await ada.look("artifact-create");
	await ada.press("Create");
	await ada.seesHeading("main-firmware");
	await ada.sees("No versions yet");
	await ada.look("artifact-empty");
	await ada.page.getByRole("button", { name: "New version…" }).first().click();
	await ada.type("Version", "2.0.0");
	await ada.press("Create");
	await ada.seesHeading("2.0.0");
	await ada.sees("It has no binaries yet.");
	await ada.look("version-empty");
});

test("a file is uploaded and verified", async () => {
	writeFileSync(inFolder(`firmware-${TARGET}.bin`), randomBytes(3_000_000));
	await ada.field("Firmware files").setInputFiles(inFolder(`firmware-${TARGET}.bin`));
	await ada.sees("sha256:");
	const suggested = await ada.field("Target").inputValue();
	assert.equal(suggested, TARGET, "the target is in the file's name");
	await ada.look("upload-draft");
	await ada.press("Upload");
	await ada.sees("signable");
	await ada.page
		.getByRole("listitem", { name: /Upload of/ })
		.getByText("Uploaded")
		.waitFor();
	await ada.look("version");
	const { binaries } = await server.call("GET", "/v1/binaries");
	const hash = createHash("sha256")
		.update(readFileSync(inFolder(`firmware-${TARGET}.bin`)))
		.digest("hex");
	assert.equal(binaries[0].hash, `sha256:${hash}`);
});

test("a target that is taken is refused at its field, and nothing is lost", async () => {
	writeFileSync(inFolder("second.bin"), randomBytes(1_000));
	await ada.field("Firmware files").setInputFiles(inFolder("second.bin"));
	await ada.type("Target", TARGET);
	ada.expected.add(409);
	await ada.press("Upload");
	await ada.page.getByRole("alert").waitFor();
	await ada.look("upload-refused");
	await ada.press("Do not upload second.bin");
});

test("it is signed with openssl in a terminal, by the lines that the page shows", async () => {
	await ada.page.getByRole("link", { name: TARGET }).first().click();
	await ada.seesHeading(`${TARGET} signable`);
	await ada.sees("It awaits a signature");
	await ada.sees("Or with openssl");
	await ada.look("binary-signable");
	terminal(await ada.page.getByText("openssl pkeyutl").textContent());
	await ada.type("Signature", "bm90IGEgc2lnbmF0dXJl");
	ada.expected.add(422);
	await ada.press("Attach the signature");
	await ada.sees(/signature/);
	await ada.page.getByText("signature_invalid").or(ada.page.locator("[slot=errorMessage]")).first().waitFor();
	await ada.look("binary-wrong-signature");
	await ada.field("Signature file").setInputFiles(inFolder("firmware.sig"));
	await ada.press("Attach the signature");
	await ada.sees("It is verified and signed: it can be released.");
	await ada.sees("enough for a release");
	await ada.page.getByText("Signed", { exact: true }).waitFor();
	await ada.look("binary-signed");
});

test("the page turns signed by itself when peridio signs", async () => {
	for (const version of ["2.0.0-rc.1", "2.10.0", "2.9.0"]) {
		writeFileSync(inFolder(`${version}.bin`), randomBytes(1_000));
		server.peridio("push", `${version}.bin`, "--artifact", "main-firmware", "--version", version, "--target", TARGET);
	}
	await ada.go(`/artifacts/main-firmware/2.10.0/${TARGET}`);
	await ada.sees("It awaits a signature");
	server.peridio("binaries", "sign", `main-firmware/2.10.0/${TARGET}`, "--signing-key", "private_key.pem");
	await ada.sees("It is verified and signed: it can be released.");
	await ada.go("/artifacts/main-firmware");
	await ada.sees("The latest is 2.10.0.");
	await ada.page.getByRole("link", { name: `2.10.0 for ${TARGET}: signed` }).waitFor();
	const order = await ada.page.getByRole("rowheader").allTextContents();
	assert.deepEqual(order, ["2.10.0", "2.9.0", "2.0.0", "2.0.0-rc.1"]);
	await ada.look("artifact");
	await ada.go("/artifacts");
	await ada.sees("main-firmware");
	await ada.look("firmware");
});

test("an archived version is shown on demand", async () => {
	await ada.go("/artifacts/main-firmware/2.9.0");
	await ada.press("Archive");
	await ada.sees("Unarchive");
	await ada.go("/artifacts/main-firmware");
	await ada.sees("3 versions");
	await ada.press("Archived too");
	await ada.sees("4 versions");
	assert.equal(new URL(ada.page.url()).searchParams.get("archived"), "true");
});

test("content that is not what was declared fails its verification, with both hashes", async () => {
	const [parent] = (await server.call("GET", "/v1/artifact_versions?version=2.0.0")).artifact_versions;
	const body = { artifact_version_prn: parent.prn, target: "portable", hash: "ab".repeat(32), size: 9 };
	const { binary } = await server.call("POST", "/v1/binaries", body);
	const own = createHash("sha256").update("some text").digest("hex");
	const part = { size: 9, hash: own };
	const { binary_part } = await server.call("PUT", `/v1/binaries/${binary.prn}/parts/1`, part);
	const { url, method, headers } = binary_part.upload;
	await fetch(url, { method, headers, body: "some text" });
	await ada.go("/artifacts/main-firmware/2.0.0/portable");
	await ada.sees("1 of 1 announced part is there.");
	await ada.look("binary-uploadable");
	await server.call("PATCH", `/v1/binaries/${binary.prn}`, { state: "hashable" });
	await ada.page.getByRole("region", { name: "Failed verification" }).waitFor();
	await ada.sees(`sha256:${own}`);
	await ada.look("binary-failed");
	await ada.press("Reset and upload again");
	await ada.sees("It awaits its content.");
});

test("signed versions become a bundle, and each target is seen with what it would get", async () => {
	writeFileSync(inFolder("modem.bin"), randomBytes(500));
	const modem = ["--artifact", "modem", "--version", "1.4.0", "--target", "portable"];
	server.peridio("push", "modem.bin", ...modem, "--signing-key", "private_key.pem");
	await ada.go("/bundles");
	await ada.sees("No bundles yet");
	await ada.look("bundles-empty");
	await ada.page.getByRole("link", { name: "New bundle" }).first().click();
	await ada.seesHeading("New bundle");
	for (const title of ["main-firmware/2.0.0", "modem/1.4.0"]) {
		await ada.field("Add a version").selectOption(title);
		await ada.press("Add");
		await ada.page.getByRole("button", { name: `Take ${title} out` }).waitFor();
	}
	await ada.page.getByRole("button", { name: "Move modem/1.4.0 up" }).focus();
	await ada.page.keyboard.press("Enter");
	await ada.sees("gets it");
	await ada.look("bundle-builder");
	await ada.type("Name", "spring");
	await ada.press("Create the bundle");
	await ada.sees("2 binaries, all signed: it can be released.");
	await ada.look("bundle");
	await ada.go("/bundles");
	await ada.page.getByRole("link", { name: "spring" }).waitFor();
	await ada.look("bundles");
});

test("a binary is destroyed by typing what goes", async () => {
	await ada.go(`/artifacts/main-firmware/2.0.0/${TARGET}`);
	await ada.press("Destroy…");
	await ada.sees("No release delivers it.");
	await ada.look("binary-destroy");
	await ada.type(`Type 2.0.0/${TARGET} to go on`, `2.0.0/${TARGET}`);
	await ada.press("Destroy for good");
	await ada.sees("Its content is gone for good.");
	await ada.look("binary-destroyed");
});

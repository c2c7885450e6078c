// A storage of the organization: registered, tried, and used for new binaries, against a storage with S3's interface.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { isS3Built, lacksForPages, S3 } from "../harness/s3.js";
import { setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

const skip = isS3Built ? false : "test-s3 is not built: cargo build -p olivine-tests --bin test-s3";

let server;
/** A storage that has no rule for pages, and one that has. */
let s3;
let open;
let ada;

before(async () => {
	if (skip) return;
	s3 = await S3.start("acme");
	server = await Server.start("--set", "storage.allow_private_endpoints=true");
	open = await S3.start("lyon", server.url);
	ada = await Person.arrive(server);
	ada.storages.add(s3.endpoint).add(open.endpoint);
	await setUp(ada);
	server.peridio("artifacts", "create", "--name", "main-firmware");
	server.peridio("artifact-versions", "create", "--artifact", "main-firmware", "--version", "1.0.0");
});

after(async () => {
	if (skip) return;
	await closeBrowser();
	await server[Symbol.asyncDispose]();
	await s3.stop();
	await open.stop();
});

async function register(name, bucket, storage) {
	await ada.go("/settings/storages");
	await ada.page.getByRole("button", { name: "Register a storage…" }).first().click();
	await ada.type("Name", name);
	await ada.type("Bucket and prefix", bucket);
	await ada.type("Region", "eu-central-1");
	await ada.type("Endpoint", storage.endpoint);
	await ada.type("Access key id", storage.accessKeyId);
	await ada.type("Secret access key", storage.secretAccessKey);
	await ada.press("Try and register it");
	await ada.sees(`${name} works, and is registered.`);
}

async function chooseForNew(name, sentence) {
	await ada.field("New binaries go to").selectOption(name);
	await ada.page.getByRole("button", { name: "Save", exact: true }).click();
	await ada.sees(sentence);
}

/** A file of two parts. */
async function upload(target) {
	const file = join(server.folder, `${target}.bin`);
	writeFileSync(file, randomBytes(17_000_000));
	await ada.go("/artifacts/main-firmware/1.0.0");
	await ada.field("Firmware files").setInputFiles(file);
	await ada.type("Target", target);
	await ada.press("Upload");
}

test("a storage is registered, tried with the rule that it lacks, and used", { skip }, async () => {
	await register("frankfurt", "acme/olivine", s3);
	await ada.press("Try it: frankfurt");
	await ada.sees("It works");
	await ada.sees("Browsers can't upload");
	await ada.sees("AllowedOrigins");
	await ada.field("New binaries go to").selectOption("frankfurt");
	await ada.sees("peridio organization update --storage-backend frankfurt");
	await ada.look("storages-tried");
	await ada.page.getByRole("button", { name: "Save", exact: true }).click();
	await ada.sees("New binaries go to frankfurt.");
	await ada.look("storages");
	const { organization } = await server.call("GET", "/v1/organization");
	assert.match(organization.storage_backend_prn, /:storage_backend:/);
	assert.ok(!(await ada.page.content()).includes(s3.secretAccessKey));
});

test("a browser that may not write there says which rule is missing, and the upload is given up", {
	skip,
}, async () => {
	ada.expected.add(403);
	await upload("arm64");
	await ada.sees(
		`${s3.endpoint} can't be reached from this browser. If it is up, it has no rule for pages of ${server.url}`,
	);
	const rule = await ada.page.getByRole("region", { name: "What the storage may lack" }).locator("pre").textContent();
	assert.match(rule, /^aws s3api put-bucket-cors --bucket acme/);
	assert.ok(rule.includes(`--endpoint-url ${s3.endpoint}`));
	assert.ok(rule.includes(`"AllowedOrigins":["${server.url}"]`));
	await ada.look("upload-without-rule");
	await ada.press("Give up");
	await ada.page.getByRole("listitem", { name: "Upload of main-firmware/1.0.0/arm64" }).waitFor({ state: "detached" });
	// Whether a browser names the rule or the refused connection is its own affair.
	ada.problems = ada.problems.filter((each) => !/CORS policy|ERR_FAILED/.test(each));
	ada.assertNothingWrong("after an upload without a rule");
});

test("a storage with nothing in it is removed", { skip }, async () => {
	await ada.go("/settings/storages");
	await chooseForNew("The server's own storage", "New binaries go to the server's own storage.");
	await ada.press("Remove frankfurt…");
	await ada.type("Type frankfurt to go on", "frankfurt");
	await ada.press("Remove");
	await ada.sees("Only the server's own storage");
	ada.assertNothingWrong("after removing a storage");
});

test("with a rule, parts go straight to the storage, and nothing of them to the server", {
	skip: skip || lacksForPages,
}, async () => {
	await register("lyon", "lyon/olivine", open);
	await ada.press("Try it: lyon");
	await ada.sees("Browsers may upload");
	await chooseForNew("lyon", "New binaries go to lyon.");
	const sent = new Map();
	ada.page.on("request", (request) => {
		if (request.method() !== "PUT" || !/content|X-Amz/.test(request.url())) return;
		const { origin } = new URL(request.url());
		sent.set(origin, (sent.get(origin) ?? 0) + 1);
	});
	await upload("riscv64");
	await ada.page.getByRole("row", { name: /riscv64 signable/ }).waitFor({ timeout: 30_000 });
	assert.deepEqual([...sent], [[open.endpoint, 2]]);
	await ada.page.getByRole("link", { name: "riscv64" }).first().click();
	await ada.sees("Its content is verified.");
	ada.assertNothingWrong("after an upload to a storage");
});

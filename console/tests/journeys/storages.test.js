// A storage of the organization: registered, tried, and used for new binaries, against a storage with S3's interface.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { isS3Built, S3 } from "../harness/s3.js";
import { setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

const skip = isS3Built ? false : "test-s3 is not built: cargo build -p olivine-tests --bin test-s3";

let server;
let s3;
let ada;

before(async () => {
	if (skip) return;
	s3 = await S3.start("acme");
	server = await Server.start("--set", "storage.allow_private_endpoints=true");
	ada = await Person.arrive(server);
	await setUp(ada);
});

after(async () => {
	if (skip) return;
	await closeBrowser();
	await server[Symbol.asyncDispose]();
	s3.stop();
});

test("a storage is registered, tried with the rule that it lacks, and used", { skip }, async () => {
	await ada.go("/settings/storages");
	await ada.page.getByRole("button", { name: "Register a storage…" }).first().click();
	await ada.type("Name", "frankfurt");
	await ada.type("Bucket and prefix", "acme/olivine");
	await ada.type("Region", "eu-central-1");
	await ada.type("Endpoint", s3.endpoint);
	await ada.type("Access key id", s3.accessKeyId);
	await ada.type("Secret access key", s3.secretAccessKey);
	await ada.press("Try and register it");
	await ada.sees("frankfurt works, and is registered.");
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

test("a storage with nothing in it is removed", { skip }, async () => {
	await ada.field("New binaries go to").selectOption("The server's own storage");
	await ada.page.getByRole("button", { name: "Save", exact: true }).click();
	await ada.sees("New binaries go to the server's own storage.");
	await ada.press("Remove frankfurt…");
	await ada.type("Type frankfurt to go on", "frankfurt");
	await ada.press("Remove");
	await ada.sees("Only the server's own storage");
	ada.assertNothingWrong("after removing a storage");
});

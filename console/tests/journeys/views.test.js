// Saved views: a search of the devices under a name, opened, changed and deleted again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { seedDevices, seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

let server;
let ada;

const menu = (name = "Views") => ada.page.getByRole("button", { name, exact: true }).click();
const choose = (name) => ada.page.getByRole("menuitem", { name, exact: true }).click();

before(async () => {
	server = await Server.start();
	seedRelease(server);
	await seedDevices(server, 12);
	ada = await Person.arrive(server);
	await setUp(ada);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("what a page shows is saved under a name, and opened again", async () => {
	await ada.go("/devices?q=SN-00001");
	await ada.sees("3 devices found");
	await menu();
	await ada.look("views-none");
	await choose("Save this view…");
	await ada.type("Name", "The last ones");
	await ada.field("Who sees it").selectOption("true");
	await ada.sees("--shared");
	await ada.look("view-new");
	await ada.page.getByRole("button", { name: "Save", exact: true }).click();
	await ada.sees("View The last ones is saved.");
	await ada.page.getByRole("button", { name: "Views: The last ones" }).waitFor();
	await ada.go("/devices");
	await ada.sees("12 devices");
	await menu();
	await choose("The last ones (shared)");
	await ada.sees("3 devices found");
	assert.equal(new URL(ada.page.url()).search, "?q=SN-00001");
	ada.assertNothingWrong("after opening a view");
});

test("its link leads to it, and no view leads elsewhere", async () => {
	ada.expected.add(422);
	const { views } = await server.call("GET", "/v1/views");
	await ada.go(`/prn/${views[0].prn}`);
	await ada.sees("3 devices found");
	for (const path of ["//evil.example/", "https://evil.example/", "/\\evil.example"]) {
		const answer = await ada.page.evaluate(
			async (body) => {
				const headers = { "content-type": "application/json", "olivine-console": "1" };
				const { status } = await fetch("/v1/views", { method: "POST", headers, body: JSON.stringify(body) });
				return status;
			},
			{ name: "evil", path },
		);
		assert.equal(answer, 422, path);
	}
});

test("it is renamed, and deleted by typing its name", async () => {
	await menu("Views: The last ones");
	await choose("Edit views…");
	await ada.look("views");
	await ada.press("Edit… The last ones");
	await ada.type("Name", "The newest");
	await ada.look("view-edit");
	await ada.page.getByRole("button", { name: "Save", exact: true }).click();
	await ada.sees("View The newest is changed.");
	await ada.press("Delete… The newest");
	await ada.type("Type The newest to go on", "The newest");
	await ada.page.getByRole("button", { name: "Delete", exact: true }).click();
	await ada.sees("There are none any more.");
	assert.deepEqual((await server.call("GET", "/v1/views")).views, []);
	ada.assertNothingWrong("after deleting a view");
});

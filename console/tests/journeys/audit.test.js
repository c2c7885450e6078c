// The audit trail: filtered, opened, followed to everything of a request, and live.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { seedDevices, seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

let server;
let ada;

const address = () => new URL(ada.page.url());
const lines = () => ada.page.getByRole("list", { name: "Events" }).getByRole("button", { expanded: false });

before(async () => {
	server = await Server.start();
	seedRelease(server);
	await seedDevices(server, 20);
	ada = await Person.arrive(server);
	await setUp(ada);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("the trail shows who did what, page by page", async () => {
	await ada.go("/audit");
	await ada.sees("50 events shown");
	await lines().filter({ hasText: "API key admin (made at the first start)" }).first().waitFor();
	await ada.look("audit");
	await ada.press("Show older ones");
	await ada.page.getByText("50 events shown").waitFor({ state: "detached" });
	assert.ok((await lines().count()) > 50);
});

test("filters are in the address, and so is what is opened", async () => {
	const { devices } = await server.call("GET", "/v1/devices?identifier=SN-000002");
	await server.call("PATCH", `/v1/devices/${devices[0].prn}`, { tags: ["asia", "new"], description: "Berlin" });
	await ada.go("/audit");
	await ada.field("What").selectOption("device updated");
	await ada.sees("1 event shown");
	assert.equal(address().searchParams.get("type"), "device.updated");
	await lines().first().click();
	const changes = ada.page.getByRole("table", { name: "What changed" });
	await changes.getByRole("row", { name: "tags europe asia, new" }).waitFor();
	await ada.page.getByText("As the API has it (JSON)").click();
	await ada.look("audit-opened");
	const href = await ada.page.getByRole("link", { name: "Export CSV" }).getAttribute("href");
	const file = await ada.page.request.get(`${server.url}${href}`);
	assert.equal(file.status(), 200);
	const [head, line, ...more] = (await file.text()).trim().split(/\r?\n/);
	assert.ok(head.startsWith("inserted_at,") && line.includes("device.updated") && more.length === 0);
	const linked = ada.page.url();
	assert.ok(address().searchParams.get("open"));
	await ada.go("/audit");
	await ada.sees("events shown");
	await ada.go(linked);
	await changes.waitFor();
});

test("everything of a request, of a record, and of a person", async () => {
	await ada.page.getByRole("link", { name: "Everything of this request" }).click();
	await ada.sees("1 event shown");
	assert.ok(address().searchParams.get("request"));
	await ada.sees("of request");
	await lines().first().click();
	await ada.page.getByRole("link", { name: "Everything about this device" }).click();
	await lines().filter({ hasText: "Device created" }).waitFor();
	assert.ok(address().searchParams.get("about"));
	await ada.page.getByRole("button", { name: /remove this condition/ }).click();
	await ada.field("Who").selectOption("Ada Lovelace");
	await lines().filter({ hasText: "Ada Lovelace" }).first().waitFor();
	await ada.look("audit-of-a-person");
});

test("a time narrows it, and what matches nothing says so", async () => {
	await ada.go("/audit?to=2020-01-01T00:00:00Z");
	await ada.sees("No event matches");
	await ada.look("audit-nothing");
	await ada.page.getByRole("link", { name: "Show all events" }).click();
	await ada.sees("50 events shown");
	assert.equal(address().search, "");
});

test("what happens meanwhile waits behind a bar, also in a filtered list", async () => {
	await ada.go("/audit?type=device.created");
	await ada.sees("20 events shown");
	await ada.sees("Live ·");
	const { products } = await server.call("GET", "/v1/products");
	for (const identifier of ["SN-000801", "SN-000802"]) {
		await server.call("POST", "/v1/devices", { identifier, product_prn: products[0].prn });
	}
	await ada.sees("2 newer");
	assert.equal(await ada.page.getByText("SN-000802").count(), 0);
	await ada.look("audit-newer");
	await ada.press("2 newer");
	await ada.sees("SN-000802");
	await ada.sees("22 events shown");
	ada.assertNothingWrong("after the newer ones");
});

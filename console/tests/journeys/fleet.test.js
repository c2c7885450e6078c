// A fleet: devices from a file, changes of many at once, and lists so long that only a part of them is in the document.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { csv, seedMany, seedSensors } from "../harness/fleet.js";
import { seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

/** As many as a list must stay fast with. */
const MANY = 10_000;

let server;
let ada;

before(async () => {
	server = await Server.start();
	ada = await Person.arrive(server);
	await setUp(ada);
	seedRelease(server);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

const count = async (search) =>
	(await server.call("GET", `/v1/devices/count?search=${encodeURIComponent(search)}`)).count;

const bar = () => ada.page.getByRole("region", { name: "Chosen devices" });
const dialog = () => ada.page.getByRole("dialog");

/** Presses a button of the bar that stands below the list. */
async function act(name) {
	await bar().getByRole("button", { name, exact: true }).click();
	await dialog().waitFor();
}

/** Runs the command that the dialog shows. */
const runShown = async (more = "") => server.pasted((await dialog().locator("pre").textContent()) + more);

test("250 devices come from a file", async () => {
	seedSensors(server);
	const file = join(server.folder, "devices.csv");
	writeFileSync(file, csv("SN", 250, "europe"));
	await ada.go("/import");
	await ada.field("Cohort").selectOption("gateway/daily");
	await ada.page.getByLabel("Drop a CSV here, or choose one").setInputFiles(file);
	await ada.press("Import 250 devices");
	await ada.seesHeading("Imported");
	await ada.go("/devices");
	await ada.sees("50 rows of 253 devices");
});

test("the list is sorted by identifier, in its address and its command", async () => {
	await ada.page.getByLabel("Sorted by").selectOption("By identifier");
	await ada.page.waitForURL(/sort=identifier/);
	await ada.page.getByLabel("Tick SN-000001").waitFor();
	await ada.sees("50 rows of 253 devices");
	const { devices } = await server.call("GET", "/v1/devices?sort=identifier&limit=1");
	assert.equal(await ada.page.getByRole("row").nth(1).getByRole("link").textContent(), devices[0].identifier);
	await ada.sees("peridio devices list --sort identifier --output table");
	await ada.look("devices-sorted");
	await ada.page.getByLabel("Sorted by").selectOption("Newest first");
	await ada.page.getByLabel("Tick SN-000250").waitFor();
});

test("rows are ticked one by one, in ranges and all at once", async () => {
	await ada.page.getByLabel("Tick SN-000250").check();
	await bar().getByText("1 device ticked").waitFor();
	await ada.page.getByLabel("Tick SN-000246").click({ modifiers: ["Shift"] });
	await bar().getByText("5 devices ticked").waitFor();
	await ada.page.getByLabel("Tick SN-000248").press("Space");
	await bar().getByText("4 devices ticked").waitFor();
	await ada.look("devices-ticked");
	await ada.page.getByLabel("Tick all rows that are shown").check();
	await bar().getByText("50 devices ticked").waitFor();
	await bar().getByRole("button", { name: "Choose all 253" }).click();
	await bar().getByText("All 253 devices").waitFor();
	assert.ok(await ada.page.getByLabel("Tick SN-000250").isChecked());
	await bar().getByRole("button", { name: "Clear" }).click();
	await bar().waitFor({ state: "detached" });
	assert.ok(!(await ada.page.getByLabel("Tick SN-000250").isChecked()));
});

test("all that a search finds are tagged, once their number is typed", async () => {
	await ada.page.getByRole("searchbox", { name: "Search devices" }).fill("SN-");
	await ada.sees("250 devices found");
	await ada.press("Choose all 250 that match");
	await bar().getByText("All 250 devices that match").waitFor();
	await ada.look("devices-all-chosen");
	await act("Tag…");
	await ada.look("bulk-dialog-empty");
	await ada.type("Tags", "beta, berlin");
	await ada.sees("It is about 250 devices, as the server counts them now.");
	await ada.sees("--tag beta --tag berlin");
	const go = dialog().getByRole("button", { name: "Tag 250 devices" });
	assert.ok(await go.isDisabled());
	await ada.type("Type 250 to go on", "25");
	assert.ok(await go.isDisabled());
	await ada.type("Type 250 to go on", "250");
	await ada.look("bulk-dialog");
	assert.equal(JSON.parse(await runShown(" --dry-run")).count, 250);
	assert.equal(await count("tag:'beta'"), 0, "a dry run changes nothing");
	await go.click();
	await ada.page.getByRole("heading", { name: "Tag berlin, beta" }).waitFor();
	await ada.sees("250 devices were changed.");
	await ada.look("bulk-operation");
	assert.equal(await count("tag:'beta' and tag:'europe'"), 250);
});

test("what is typed wrongly is refused at its field", async () => {
	await ada.go("/devices?q=SN-");
	await ada.press("Choose all 250 that match");
	await act("Tag…");
	ada.expected.add(422);
	await ada.type("Tags", "x".repeat(65));
	await ada.sees(/can't be a tag/);
	await ada.look("bulk-dialog-refused");
	await dialog().getByRole("button", { name: "Cancel" }).click();
});

test("tags are taken away, of those that the devices have", async () => {
	await act("Untag…");
	await ada.page.getByLabel("berlin (250 devices)").check();
	await ada.type("Type 250 to go on", "250");
	await ada.look("bulk-dialog-untag");
	await ada.press("Untag 250 devices");
	await ada.sees("250 devices were changed.");
	assert.equal(await count("tag:'berlin'"), 0);
});

test("three devices that are ticked go into quarantine, and out of it", async () => {
	await ada.go("/devices?q=SN-00000");
	await ada.sees("9 devices found");
	for (const name of ["SN-000001", "SN-000002", "SN-000003"]) await ada.page.getByLabel(`Tick ${name}`).check();
	await act("Quarantine…");
	await ada.sees("It is about 3 devices");
	for (const name of ["SN-000001", "SN-000002", "SN-000003"]) await ada.sees(`--device ${name}`);
	await ada.look("bulk-dialog-quarantine");
	assert.equal(JSON.parse(await runShown(" --dry-run")).count, 3);
	await ada.press("Quarantine 3 devices");
	await ada.sees("3 devices were changed.");
	assert.equal(await count("quarantined:true"), 3);
	await ada.go("/devices?quarantined=true");
	await ada.sees("3 devices found");
	await ada.press("Choose all 3 that match");
	await act("Lift…");
	await ada.press("Lift it for 3 devices");
	await ada.sees("3 devices were changed.");
	assert.equal(await count("quarantined:true"), 0);
});

test("devices that can't be moved are named, with the server's reason", async () => {
	await ada.go("/devices");
	await ada.press("Choose all 253");
	await act("Move…");
	await ada.field("Cohort").selectOption("gateway/stable");
	assert.equal(JSON.parse(await runShown(" --dry-run")).count, 253);
	await ada.type("Type 253 to go on", "253");
	await ada.press("Move 253 devices");
	await ada.sees("250 devices were changed and 3 could not be changed.");
	for (const name of ["TH-000001", "TH-000002", "TH-000003"]) await ada.page.getByRole("link", { name }).waitFor();
	await ada.look("bulk-operation-refusals");
	const address = ada.page.url();
	await ada.go("/bulk_operations");
	await ada.page.getByRole("link", { name: "Move to gateway/stable" }).waitFor();
	await ada.look("bulk-operations");
	await ada.page.getByRole("link", { name: "Move to gateway/stable" }).click();
	await ada.sees("250 devices were changed and 3 could not be changed.");
	assert.equal(ada.page.url(), address, "a bulk operation has an address");
	await ada.go(`/prn/${decodeURIComponent(address.split("/").at(-1))}`);
	await ada.page.getByRole("heading", { name: "Move to gateway/stable" }).waitFor();
});

test("a device of another organization is refused as a whole, in the server's words", async () => {
	server.olivine("organizations", "create", "--name", "other");
	const key = server.olivine("api-keys", "create", "--name", "other", "--role", "admin", "--organization", "other");
	const call = async (path, body) => {
		const headers = { authorization: `Bearer ${key.split("\n").at(-1)}`, "content-type": "application/json" };
		return (await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
	};
	const { product } = await call("/v1/products", { name: "foreign" });
	const { device } = await call("/v1/devices", { identifier: "FX-1", product_prn: product.prn });
	// The page shows nothing foreign that could be ticked: somebody puts it into what the page sends.
	await ada.page.route("**/v1/bulk_operations", async (route) => {
		const sent = route.request().postDataJSON();
		if (sent?.device_prns) sent.device_prns.push(device.prn);
		await route.continue({ postData: JSON.stringify(sent) });
	});
	await ada.go("/devices?q=SN-00000");
	await ada.page.getByLabel("Tick SN-000004").check();
	ada.expected.add(404);
	await act("Quarantine…");
	await ada.sees("This would be refused");
	await ada.look("bulk-dialog-foreign");
	assert.ok(await dialog().getByRole("button", { name: "Quarantine devices" }).isDisabled());
	assert.equal(await count("quarantined:true"), 0, "nothing is changed, also of the own devices");
	await dialog().getByRole("button", { name: "Cancel" }).click();
	await ada.page.unroute("**/v1/bulk_operations");
});

test("chosen devices are exported, in the columns of the import", async () => {
	await ada.go("/devices?q=SN-");
	await ada.press("Choose all 250 that match");
	await act("Export…");
	await ada.look("devices-export");
	await runShown();
	assert.equal(readFileSync(join(server.folder, "devices.jsonl"), "utf8").trim().split("\n").length, 250);
	const waiting = ada.page.waitForEvent("download");
	await ada.press("Save as CSV");
	const saved = await (await waiting).path();
	const lines = readFileSync(saved, "utf8").trim().split("\r\n");
	assert.equal(lines.length, 251);
	assert.equal(lines[0], "identifier,product,cohort,tags,description,target,quarantined");
	assert.equal(lines[1], 'SN-000250,gateway,stable,"beta;europe",,,false');
	await ada.go("/import");
	await ada.page.getByLabel("Drop a CSV here, or choose one").setInputFiles({
		name: "devices.csv",
		mimeType: "text/csv",
		buffer: readFileSync(saved),
	});
	await ada.sees("There is nothing to import.");
});

test("who may not change devices sees the actions in grey, and exports", async () => {
	const grants = [{ role: "viewer" }];
	const { invitation } = await server.call("POST", "/v1/invitations", { email: "vic@example.com", grants });
	const vic = await Person.arrive(server);
	await vic.go(invitation.url);
	await vic.type("Your name", "Vic");
	await vic.type("Password", "words that nobody guesses");
	await vic.press("Create the account and join");
	await vic.page.getByRole("navigation", { name: "Places" }).waitFor();
	await vic.go("/devices");
	await vic.page.getByLabel("Tick SN-000250").check();
	const chosen = vic.page.getByRole("region", { name: "Chosen devices" });
	await chosen.getByRole("button", { name: /^Tag….*This takes the scope device\.update/ }).waitFor();
	await chosen.getByRole("button", { name: "Export…", exact: true }).waitFor();
	await vic.look("devices-ticked-as-viewer");
	await vic.leave();
});

/** What the page says of its progress, from now on. */
const listen = () =>
	ada.page.evaluate(() => {
		window.heard = [];
		new MutationObserver(() => window.heard.push(document.querySelector("header [role=status]")?.textContent)).observe(
			document.querySelector("main"),
			{ childList: true, subtree: true, characterData: true },
		);
	});

/** Begins to tag or untag the 10,000. */
async function beginLong(action, fill) {
	await ada.go("/devices?q=LN-");
	await ada.press("Choose all 10,000 that match");
	await act(`${action}…`);
	await fill();
	await ada.type("Type 10,000 to go on", "10,000");
	await listen();
	await ada.press(`${action} 10,000 devices`);
}

test("progress is seen live, and the list says what is running", async () => {
	await seedMany(server, MANY);
	await beginLong("Tag", () => ada.type("Tags", "long"));
	await ada.sees(/The server has looked at [1-9][\d,]* of 10,000 devices/);
	const path = new URL("../../../target/console-shots/bulk-operation-running.png", import.meta.url).pathname;
	await ada.page.screenshot({ path });
	await ada.page.getByRole("link", { name: "Devices", exact: true }).first().click();
	await ada.page.getByRole("link", { name: "1 bulk operation running" }).click();
	await ada.page.getByRole("link", { name: "Tag long" }).click();
	await ada.page.getByText("10,000 devices were changed.").waitFor({ timeout: 60_000 });
	const heard = await ada.page.evaluate(() => window.heard.filter((words) => /looked at [1-9]/.test(words ?? "")));
	assert.ok(new Set(heard).size >= 1, "no progress was seen");
	assert.equal(await count("tag:'long'"), MANY);
});

test("a bulk operation is cancelled: what is done stays done", async () => {
	await beginLong("Untag", () => ada.page.getByLabel("long (10,000 devices)").check());
	await ada.press("Cancel it");
	await ada.sees("It was cancelled.");
	await ada.look("bulk-operation-cancelled");
	const tagged = await count("tag:'long'");
	assert.ok(tagged > 0, `${tagged} have the tag`);
});

/** What is in the document of the list. */
const drawn = () =>
	ada.page.evaluate(() => {
		const table = document.querySelector("table[aria-label=Devices]");
		const rows = [...table.querySelectorAll("tr[data-index]")];
		const middle = rows.find((row) => row.getBoundingClientRect().bottom > window.innerHeight / 2);
		return {
			rows: rows.length,
			elements: document.querySelectorAll("*").length,
			heights: new Set(rows.map((row) => Math.round(row.getBoundingClientRect().height))).size,
			of: Number(table.getAttribute("aria-rowcount")) - 1,
			middle: Number(middle?.dataset.index),
			rowIndex: Number(middle?.getAttribute("aria-rowindex")),
		};
	});

/** What the tab's scripts hold, in MB. */
async function heap() {
	const session = await ada.context.newCDPSession(ada.page);
	await session.send("HeapProfiler.collectGarbage");
	await session.send("Performance.enable");
	const { metrics } = await session.send("Performance.getMetrics");
	await session.detach();
	return metrics.find(({ name }) => name === "JSHeapUsedSize").value / 1_000_000;
}

test("of 10,000 rows, those in view are in the document", async () => {
	await ada.go("/devices?q=LN-");
	await ada.sees("50 rows of 10,000 devices");
	const more = ada.page.getByRole("button", { name: /^Show more/ });
	const shown = () => ada.page.getByText(/rows of 10,000 devices/).textContent();
	while (await more.count()) {
		const before = await shown();
		await more.click();
		const until = Date.now() + 60_000;
		while ((await shown()) === before || (await ada.page.locator("[data-busy]").count())) {
			assert.ok(Date.now() < until, before);
			await ada.page.waitForTimeout(50);
		}
	}
	await ada.sees("10,000 rows of 10,000 devices");
	const held = await heap();
	assert.ok(held < 150, `${held} MB`);
	for (const place of [0, 0.25, 0.5, 0.99]) {
		await ada.page.evaluate((part) => window.scrollTo(0, part * document.documentElement.scrollHeight), place);
		await ada.page.waitForTimeout(150);
		const { rows, elements, of, middle, heights, rowIndex } = await drawn();
		assert.ok(rows < 80, `${rows} rows are in the document`);
		assert.ok(elements < 2_000, `${elements} elements are in the document`);
		assert.equal(of, MANY);
		assert.equal(heights, 1, "all rows are of one height");
		assert.equal(rowIndex, middle + 2);
		assert.ok(Math.abs(middle / MANY - place) < 0.02, `row ${middle} is seen at ${place}`);
	}
	await ada.page.evaluate(() => window.scrollTo(0, 200_000));
	await ada.page.waitForTimeout(150);
	ada.assertNothingWrong("scrolling through 10,000 rows");
});

test("keys go on from row to row, and a row that is scrolled away keeps the focus", async () => {
	const { middle } = await drawn();
	const box = ada.page.locator(`tr[data-index="${middle}"] input`);
	await box.focus();
	for (let row = 0; row < 60; row += 1) {
		await ada.page.keyboard.press("Tab");
		await ada.page.keyboard.press("Tab");
	}
	const focused = () => ada.page.evaluate(() => Number(document.activeElement.closest("tr")?.dataset.index));
	assert.equal(await focused(), middle + 60);
	await ada.page.evaluate(() => window.scrollTo(0, 250_000));
	await ada.page.waitForTimeout(150);
	assert.equal(await focused(), middle + 60);
	await ada.page.keyboard.press("Space");
	await bar().getByText("1 device ticked").waitFor();
	assert.ok((await drawn()).rows < 80);
	await ada.look("devices-many", { isLong: true });
});

test("on a phone it is the same", async () => {
	await ada.page.setViewportSize({ width: 390, height: 844 });
	await ada.page.waitForTimeout(300);
	await ada.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight / 2));
	await ada.page.waitForTimeout(300);
	const { rows, heights, middle } = await drawn();
	assert.ok(rows < 80 && heights === 1, `${rows} rows, ${heights} heights`);
	assert.ok(Math.abs(middle / MANY - 0.5) < 0.02, `row ${middle} is seen in the middle`);
	await ada.page.setViewportSize({ width: 1280, height: 860 });
});

test("long lists that are no tables are drawn in the same way", async () => {
	await ada.go("/audit");
	const shown = () => ada.page.getByText(/^\d+ events shown$/).textContent();
	const older = ada.page.getByRole("button", { name: /^Show older ones/ });
	while (Number.parseInt(await shown(), 10) < 400) {
		const before = await shown();
		await older.click();
		while ((await shown()) === before) await ada.page.waitForTimeout(30);
	}
	const items = ada.page.getByRole("list", { name: "Events" }).locator("li[data-index]");
	for (const place of [0, 0.5, 1]) {
		await ada.page.evaluate((part) => window.scrollTo(0, part * document.documentElement.scrollHeight), place);
		await ada.page.waitForTimeout(150);
		assert.ok((await items.count()) < 80, `${await items.count()} events are in the document`);
	}
	assert.equal(await items.last().getAttribute("aria-posinset"), await items.last().getAttribute("aria-setsize"));
	await items.last().getByRole("button").click();
	await items.last().getByText("Request", { exact: true }).first().waitFor();
	await ada.look("audit-long", { isLong: true });
});

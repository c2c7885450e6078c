// Clicks each link of each page, and opens each menu, once: nothing breaks, and each page is looked at by the harness.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { seedDevices, seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

let server;

before(async () => {
	server = await Server.start();
	seedRelease(server);
	await seedDevices(server, 4);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

/** `/devices/SN-1` and `/devices/SN-2` are one page. */
const pageOf = (path) => path.replace(/\/(devices|prn|releases)\/[^/?]+/, "/$1/…").replace(/\?.*/, "");

test("click everything", async () => {
	const ada = await Person.arrive(server);
	await setUp(ada);
	const left = ["/"];
	const seen = new Set();
	while (left.length > 0) {
		const path = left.shift();
		if (seen.has(pageOf(path))) continue;
		seen.add(pageOf(path));
		await ada.go(path);
		await ada.page.locator("h1").first().waitFor();
		await ada.isQuiet();
		const links = await ada.page
			.locator("a[href^='/']:not([download])")
			.evaluateAll((all) => all.map((each) => each.getAttribute("href")));
		left.push(...links.filter((each) => each && !each.startsWith("/docs") && !each.startsWith("#")));
		for (const button of await ada.page.locator("[aria-haspopup]").all()) {
			await button.click();
			await ada.page.keyboard.press("Escape");
		}
		ada.assertNothingWrong(path);
	}
	assert.ok(seen.size >= 3, [...seen].join(" "));
	await ada.leave();
});

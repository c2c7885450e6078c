// What pages say before something is done: whom destroying and an override reach, and where a bundle, a hash or a name leads.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { seedHistory } from "../harness/releases.js";
import { seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

const TARGET = "arm-linux-gnueabihf";

let server;
let ada;
let history;

before(async () => {
	server = await Server.start();
	ada = await Person.arrive(server);
	await setUp(ada);
	seedRelease(server);
	history = await seedHistory(server);
	const daily = history.cohort.prn;
	const bundle_prn = history.bundles.get("1.1.0");
	await server.call("POST", "/v1/bundle_overrides", { name: "lab week", bundle_prn, tags: ["beta"] });
	const again = { name: "1.1.0 again", version: "1.1.1", bundle_prn, cohort_prn: daily };
	const { release } = await server.call("POST", "/v1/releases", {
		...again,
		next_release_prn: history.releases.get("1.2.0").prn,
	});
	await server.call("POST", `/v1/releases/${release.prn}/archive`);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("destroying says first which releases and devices it stops", async () => {
	await ada.go(`/artifacts/main-firmware/1.1.0/${TARGET}`);
	await ada.press("Destroy…");
	await ada.sees("1 release stops delivering it: 12 devices that would get it now get nothing.");
	const dialog = ada.page.getByRole("alertdialog");
	await dialog.getByText("gateway/daily").waitFor();
	await dialog.getByText("1.1.0 is required before").waitFor();
	await dialog.getByText("lab week").waitFor();
	await dialog.getByText("1 archived release").waitFor();
	await ada.sees(`peridio binaries impact main-firmware/1.1.0/${TARGET}`);
	await ada.look("binary-destroy-impact");
	await ada.page.keyboard.press("Escape");
	const { binaries } = await server.call("GET", "/v1/binaries?destroyed=true");
	assert.equal(binaries.length, 0);
});

test("the builder and the bundle say that an equal one exists, and its page goes on to the release", async () => {
	await ada.go("/bundles/new?versions=%5B%22main-firmware/1.0.0%22%5D");
	await ada.sees("has these binaries in this order already");
	await ada.look("bundle-builder-equal");
	await ada.type("Name", "1.0.0 again");
	await ada.press("Create the bundle");
	await ada.sees("The same content has");
	await ada.press("Release it…");
	await ada.field("Cohort").selectOption({ label: "gateway/stable" });
	await ada.look("bundle-release");
	await ada.press("Go on");
	await ada.seesHeading("New release as the first one of this cohort");
	const values = await Promise.all(["Bundle", "Name", "Version"].map((label) => ada.field(label).inputValue()));
	const { bundles } = await server.call("GET", "/v1/bundles?name=1.0.0%20again");
	assert.deepEqual(values, [bundles[0].prn, "1.0.0 again", "1.0.0"]);
	await ada.look("bundle-release-form");
	await ada.press("Go on");
	await ada.press("Release it");
	await ada.page.getByRole("button", { name: "1.0.0 again", exact: true }).waitFor();
	await ada.page.waitForURL(({ search }) => search === "");
	ada.assertNothingWrong("after releasing a bundle");
});

/** Types into the palette, waits for what is found under a heading, and opens the first of it, by keys alone. */
async function jump(text, kind, words) {
	await ada.page.keyboard.press("Control+k");
	await ada.page.keyboard.insertText(text);
	const group = ada.page.getByRole("group", { name: kind, exact: true });
	await group.getByRole("menuitem", { name: words }).waitFor();
	const names = await ada.page.getByRole("menuitem").allTextContents();
	const at = names.findIndex((name) => name.startsWith(words));
	for (let step = 0; step < at; step += 1) await ada.page.keyboard.press("ArrowDown");
}

test("the palette finds records by whatever somebody has of them, with the keyboard alone", async () => {
	const { binaries } = await server.call("GET", "/v1/binaries?limit=1&search=target%3A%27arm-linux-gnueabihf%27");
	const [key] = (await server.call("GET", "/v1/signing_keys")).signing_keys;
	await ada.go("/");
	await ada.seesHeading("Overview");
	const version = await server.call("GET", `/v1/artifact_versions/${binaries[0].artifact_version_prn}`);
	const path = `main-firmware/${version.artifact_version.version}/${TARGET}`;
	await jump(binaries[0].hash.replace("sha256:", ""), "Binaries", path);
	await ada.look("palette-hash");
	await ada.page.keyboard.press("Enter");
	await ada.page.waitForURL(`**/artifacts/${path}**`);
	await jump(key.keyid, "Signing keys", "production");
	await ada.page.keyboard.press("Enter");
	await ada.seesHeading("Signing keys");
	await jump(history.releases.get("1.0.0").prn, "Releases", "gateway/daily/1.0.0");
	await ada.page.keyboard.press("Enter");
	await ada.page.getByRole("heading", { level: 1, name: /^1\.0\.0/ }).waitFor();
	await jump("GW-00", "Devices", "GW-0003");
	await ada.look("palette-devices");
	await ada.page.keyboard.press("Enter");
	await ada.page.getByRole("heading", { level: 1, name: /^GW-0003/ }).waitFor();
	await jump("gate", "Products", "gateway");
	await ada.page.keyboard.press("Escape");
	await jump("1.1", "Versions", "main-firmware/1.1.0");
	await ada.look("palette-versions");
	await ada.page.keyboard.press("Enter");
	await ada.page.waitForURL("**/artifacts/main-firmware/1.1.0");
	await ada.page.keyboard.press("Control+k");
	await ada.page.keyboard.insertText("nothing-by-this-name");
	await ada.page.getByRole("menuitem", { name: "Search devices for nothing-by-this-name" }).waitFor();
	await ada.page.keyboard.press("Escape");
	ada.assertNothingWrong("after jumping");
});

test("the settings' lists go on beyond the first hundred, and a latest release is found however old it is", async () => {
	for (let index = 0; index < 101; index += 1) {
		await server.call("POST", "/v1/api_keys", { name: `ci ${index}`, role: "viewer" });
	}
	await ada.go("/settings/api-keys");
	await ada.sees("more than 100 keys work");
	assert.equal(await ada.page.getByText("ci 0", { exact: true }).count(), 0);
	await ada.press("Show more");
	await ada.page.getByText("ci 0", { exact: true }).waitFor();
	await ada.sees("102 keys work");
	const { cohorts } = await server.call("GET", "/v1/cohorts?name=stable");
	const bundle_prn = history.bundles.get("1.0.0");
	for (let index = 0; index < 100; index += 1) {
		await server.call("POST", "/v1/releases", { name: `r${index}`, bundle_prn, cohort_prn: cohorts[0].prn });
	}
	await ada.go("/releases");
	const row = (cohort) => ada.page.getByRole("row").filter({ has: ada.page.getByRole("link", { name: cohort }) });
	await row("stable").getByRole("link", { name: "r99" }).waitFor();
	await row("daily").getByRole("link", { name: "spring" }).waitFor();
	ada.assertNothingWrong("after long lists");
});

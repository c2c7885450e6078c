// Releases: products and cohorts, the graph of a cohort, and how a release is widened, narrowed and stopped.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { reportStatus, seedHistory } from "../harness/releases.js";
import { ADA, seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

let server;
let ada;
let history;

before(async () => {
	server = await Server.start();
	ada = await Person.arrive(server);
	await setUp(ada);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

const idOf = ({ prn }) => prn.split(":").at(-1);
const current = async (name) => (await server.call("GET", `/v1/releases/${history.releases.get(name).prn}`)).release;
const dialog = () => ada.page.getByRole("dialog");

test("a product and a cohort are made from nothing", async () => {
	await ada.go("/releases");
	await ada.sees("No products yet");
	await ada.look("releases-empty");
	await ada.page.getByRole("button", { name: "New product" }).first().click();
	await ada.type("Name", "camera");
	await ada.type("Target", "x86_64-linux");
	await ada.look("product-new");
	await ada.press("Create");
	await ada.sees("camera has no cohorts yet");
	await ada.press("New cohort");
	await ada.type("Name", "lab");
	await ada.press("Create");
	await ada.page.getByRole("link", { name: "lab" }).click();
	await ada.seesHeading("camera/lab");
	await ada.sees("No releases yet");
	await ada.look("cohort-empty");
});

test("the products, and the graph of a cohort with a history", async () => {
	seedRelease(server);
	history = await seedHistory(server);
	const release = history.releases.get("spring");
	const report = { release_prn: release.prn, bundle_prn: release.bundle_prn };
	const detail = "installer: no space left on /dev/mmcblk0p3\n  wanted 40000 bytes, 8192 free";
	await reportStatus(server, "GW-0001", { ...report, status: "failed", detail });
	await reportStatus(server, "GW-0006", { ...report, status: "installed" });
	await ada.go("/releases");
	await ada.page.getByRole("link", { name: "daily" }).waitFor();
	await ada.sees("Open to all");
	await ada.look("releases");
	await ada.page.getByRole("link", { name: "daily" }).click();
	await ada.seesHeading("gateway/daily");
	await ada.sees("of 24 devices have the latest release, spring");
	await ada.look("cohort");
	await ada.press("1.1.0");
	await ada.page.getByRole("complementary", { name: "Release 1.1.0" }).waitFor();
	assert.equal(new URL(ada.page.url()).searchParams.get("release"), idOf(history.releases.get("1.1.0")));
	await ada.look("cohort-panel");
	await ada.press("Show a list");
	await ada.page.getByRole("table", { name: "Releases" }).waitFor();
	await ada.look("cohort-list");
	await ada.press("Show the graph");
});

test("of a long history, what is plain is folded away", async () => {
	const body = { product_prn: history.cohort.product_prn, name: "factory" };
	const { cohort } = await server.call("POST", "/v1/cohorts", body);
	const bundle_prn = history.bundles.get("1.0.0");
	let first;
	for (let index = 45; index > 0; index -= 1) {
		const release = {
			cohort_prn: cohort.prn,
			bundle_prn,
			name: `1.${index}.0`,
			version: `1.${index}.0`,
			required: index % 20 === 0,
		};
		const next = first ? { next_release_prn: first.prn } : {};
		first = (await server.call("POST", "/v1/releases", { ...release, ...next })).release;
	}
	await ada.go("/cohorts/gateway/factory");
	await ada.sees("19 releases");
	await ada.look("cohort-folded");
	await ada.page.getByRole("button", { name: /^18 releases/ }).click();
	await ada.page.getByRole("button", { name: "1.7.0", exact: true }).waitFor();
	await ada.go("/cohorts/gateway/daily");
	await ada.page.getByRole("button", { name: "spring", exact: true }).waitFor();
});

test("by keys alone: along the lines, and a release between two, which the API confirms", async () => {
	await ada.page.getByRole("button", { name: "spring", exact: true }).focus();
	const walk = async (...steps) => {
		for (const step of steps) await ada.page.keyboard.press(`Arrow${step}`);
		return ada.page.evaluate(() => document.activeElement.textContent);
	};
	assert.equal(await walk("Down", "Down"), "1.1.0");
	assert.equal(await walk("Right"), "factory");
	assert.equal(await walk("Left"), "1.0.0");
	assert.equal(await walk("Down"), "0.9.5");
	assert.equal(await walk("Up", "Up"), "1.1.0");
	await ada.page.keyboard.press("i");
	await ada.seesHeading("New release between 1.1.0 and 1.2.0");
	await ada.page.getByLabel("Bundle", { exact: true }).selectOption({ label: "2.1.0" });
	await ada.type("Name", "1.1.5");
	await ada.type("Version", "1.1.5");
	await ada.look("release-new");
	await ada.press("Go on");
	await ada.sees("1.1.0 → 1.1.5 → 1.2.0");
	await ada.look("release-new-review");
	await ada.press("Release it");
	await ada.page.getByRole("button", { name: "1.1.5", exact: true }).waitFor();
	await ada.page.getByRole("button", { name: "Insert between 1.1.5 and 1.2.0" }).waitFor();
	const { releases } = await server.call("GET", `/v1/releases?cohort_prn=${history.cohort.prn}&limit=100`);
	const made = releases.find(({ name }) => name === "1.1.5");
	assert.equal(made.next_release_prn, history.releases.get("1.2.0").prn);
	assert.equal((await current("1.1.0")).next_release_prn, made.prn);
	ada.assertNothingWrong("after inserting");
});

test("a phase is narrowed at once, and widened after it was said whom that reaches", async () => {
	const id = idOf(history.releases.get("spring"));
	await ada.go(`/releases/${id}`);
	await ada.page.getByRole("heading", { level: 1, name: /^spring/ }).waitFor();
	await ada.sees("no space left on");
	await ada.look("release");
	await ada.page.getByRole("radio", { name: "A share" }).check({ force: true });
	await ada.type("Per cent", "25");
	await ada.sees("has 18 places less");
	await ada.press("Narrow");
	await ada.sees("phased 6 of 24");
	assert.equal((await current("spring")).phase_value, 0.25);
	await ada.sees("Release updated");
	await ada.look("release-phased");
	await ada.page.getByRole("radio", { name: "A number" }).check({ force: true });
	await ada.type("Devices", "16");
	await ada.sees("admits 10 more");
	await ada.press("Widen…");
	await dialog().getByText("1 failed (50%)").waitFor();
	await ada.look("release-widen");
	await ada.press("Widen");
	await ada.sees("phased 16 of 24");
	assert.equal((await current("spring")).phase_value, 16);
	await ada.go("/cohorts/gateway/daily");
	await ada.sees("phased 16 of 24");
	ada.assertNothingWrong("after widening");
});

test("on a phone, a release is stopped in three taps from its link", async () => {
	const phone = await ada.context.newPage();
	await phone.setViewportSize({ width: 390, height: 844 });
	let taps = 0;
	const tap = async (locator) => {
		taps += 1;
		await locator.click();
	};
	await phone.goto("/cohorts/gateway/daily");
	await tap(phone.getByRole("button", { name: "spring", exact: true }));
	await tap(phone.getByRole("button", { name: "Stop", exact: true }));
	await phone.getByText("It is stopped: no further device gets it.").waitFor();
	assert.ok(taps <= 3);
	assert.equal((await current("spring")).disabled, true);
	await phone.close();
	await ada.go(`/releases/${idOf(history.releases.get("spring"))}`);
	await ada.sees("It is stopped");
	await ada.look("release-stopped");
	await ada.press("Let devices get it…");
	await ada.press("Let them get it");
	await ada.page.getByText("It is stopped").waitFor({ state: "detached" });
	assert.equal((await current("spring")).disabled, false);
});

test("two people change a release: nothing of either is lost", async () => {
	const id = idOf(history.releases.get("1.0.0"));
	const grace = await Person.arrive(server);
	await grace.go("/");
	await grace.type("E-mail", ADA.email);
	await grace.type("Password", ADA.password);
	await grace.press("Sign in");
	await grace.seesHeading("Overview");
	const other = grace.page;
	ada.expected.add(412);
	const edit = async (page) => {
		await page.goto(`/releases/${id}`);
		await page.getByRole("button", { name: "More about 1.0.0" }).click();
		await page.getByRole("menuitem", { name: "Edit…" }).click();
		await page.getByRole("form", { name: "Edit release" }).waitFor();
	};
	await edit(ada.page);
	await edit(other);
	await other.getByLabel("Version", { exact: true }).fill("1.0.1");
	await other.getByLabel("Notes", { exact: true }).fill("Signed off by the lab");
	await other.getByRole("button", { name: "Save" }).click();
	await other.getByText("1.0.0 is changed.").waitFor();
	await ada.type("Version", "1.0.2");
	await ada.type("For devices that run", ">= 0.5.0");
	await ada.press("Save");
	await ada.sees("Somebody else changed it meanwhile");
	await ada.sees("Taken over from them: Notes.");
	assert.equal(await ada.field("Notes").inputValue(), "Signed off by the lab");
	assert.ok(await ada.page.getByRole("button", { name: "Save" }).isDisabled());
	await ada.look("release-both-changed");
	await ada.page.getByRole("radio", { name: /Theirs/ }).check();
	await ada.press("Save");
	await ada.page.getByRole("form", { name: "Edit release" }).waitFor({ state: "detached" });
	const { version, version_requirement, description } = await current("1.0.0");
	assert.deepEqual(
		{ version, version_requirement, description },
		{ version: "1.0.1", version_requirement: ">= 0.5.0", description: "Signed off by the lab" },
	);
	await grace.leave();
});

test("a cohort is stopped and resumed from its page; a release is archived, taken back and deleted", async () => {
	await ada.go("/cohorts/gateway/daily");
	await ada.press("More about gateway/daily");
	await ada.page.getByRole("menuitem", { name: "Stop all its updates…" }).click();
	await ada.type("Reason", "The lab saw a boot loop");
	await ada.press("Stop now");
	await ada.sees("Stopped: no device of");
	await ada.look("cohort-stopped");
	await ada.press("Resume…");
	await ada.press("Resume");
	await ada.page.getByText("Stopped: no device of").waitFor({ state: "detached" });
	await ada.press("1.1.5");
	await ada.press("Archive…");
	await ada.press("Archive");
	await ada.seesHeading("Archive");
	await ada.look("cohort-archive");
	await ada.press("factory");
	await ada.press("Delete…");
	await ada.type("Type factory to go on", "factory");
	await ada.look("release-delete");
	await ada.page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
	await ada.page.getByRole("button", { name: "factory", exact: true }).waitFor({ state: "detached" });
	ada.assertNothingWrong("after deleting");
});

test("a release is promoted, and rolled back", async () => {
	await ada.go(`/releases/${idOf(history.releases.get("1.1.0"))}`);
	await ada.press("Promote…");
	await ada.page.getByLabel("To cohort", { exact: true }).selectOption({ label: "stable" });
	await ada.look("release-promote");
	await ada.press("Promote");
	await ada.seesHeading("gateway/stable");
	await ada.page.getByRole("button", { name: "1.1.0", exact: true }).waitFor();
	await ada.go(`/releases/${idOf(history.releases.get("spring"))}`);
	await ada.press("More about spring");
	await ada.page.getByRole("menuitem", { name: "Roll back…" }).click();
	await dialog()
		.or(ada.page.getByRole("alertdialog"))
		.getByText(/6 devices are on/)
		.waitFor();
	await ada.look("release-rollback");
	await ada.page.keyboard.press("Escape");
});

test("overrides: made for a tag, and ended", async () => {
	await ada.go("/overrides");
	await ada.sees("No override is active");
	await ada.look("overrides-empty");
	await ada.page.getByRole("button", { name: "New override" }).first().click();
	await ada.type("Name", "lab week");
	await ada.page.getByLabel("Bundle", { exact: true }).selectOption({ label: "2.1.0" });
	await ada.page.getByLabel("For", { exact: true }).selectOption({ label: "Devices with one of some tags" });
	await ada.type("Tags", "beta");
	await ada.look("override-new");
	await ada.press("Go on");
	await dialog().getByText("8 devices would get the bundle 2.1.0").waitFor();
	assert.equal((await server.call("GET", "/v1/bundle_overrides")).bundle_overrides.length, 0);
	await ada.look("override-new-review");
	await ada.press("Create");
	await dialog().waitFor({ state: "detached" });
	await ada.sees("8 devices");
	const later = new Date(Date.now() + 86_400_000).toISOString();
	const cohort_prn = history.cohort.prn;
	const coming = { name: "next week", bundle_prn: history.bundles.get("1.0.0"), cohort_prn, starts_at: later };
	await server.call("POST", "/v1/bundle_overrides", coming);
	await ada.seesHeading("Coming");
	await ada.look("overrides");
	await ada.press("Edit lab week…");
	await ada.type("Tags", "beta europe");
	await ada.press("Go on");
	await dialog().last().getByText("24 devices would get the bundle 2.1.0").waitFor();
	await ada.look("override-edit-review");
	// Somebody else is quicker.
	const [lab] = (await server.call("GET", "/v1/bundle_overrides?name=lab%20week")).bundle_overrides;
	await server.call("PATCH", `/v1/bundle_overrides/${lab.prn}`, { description: "For the lab only" });
	ada.expected.add(412);
	await dialog().last().getByRole("button", { name: "Save" }).click();
	await ada.sees("Taken over from them: Notes.");
	await ada.look("override-both-changed");
	await ada.press("Go on");
	await dialog().last().getByRole("button", { name: "Save" }).click();
	await dialog().first().waitFor({ state: "detached" });
	const { bundle_override: changed } = await server.call("GET", `/v1/bundle_overrides/${lab.prn}`);
	assert.deepEqual(
		{ tags: changed.tags, description: changed.description },
		{ tags: ["beta", "europe"], description: "For the lab only" },
	);
	await ada.press("End lab week");
	await ada.seesHeading("Over");
	const { bundle_overrides: all } = await server.call("GET", "/v1/bundle_overrides");
	assert.ok(all.find(({ name }) => name === "lab week").ends_at);
	await ada.look("overrides-ended");
});

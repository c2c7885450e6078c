// Each page, looked at: in both themes, on a phone, with aids, and for what the browser has to complain about.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { ADA, seedDevices, seedRelease } from "../harness/seed.js";
import { Server } from "../harness/server.js";

let server;
let ada;

before(async () => {
	server = await Server.start();
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("before anybody is there, the page says how the first one comes", async () => {
	const stranger = await Person.arrive(server);
	await stranger.go("/");
	await stranger.seesHeading("This server has no people yet");
	await stranger.look("nobody-yet");
	await stranger.go("/setup");
	await stranger.seesHeading("This link is not complete");
	await stranger.look("setup-without-token");
	await stranger.leave();
});

test("the link for the first person leads to the overview, and its token is not in the address", async () => {
	ada = await Person.arrive(server);
	await ada.go(server.setupLink);
	await ada.seesHeading("Set up Olivine");
	assert.equal(new URL(ada.page.url()).hash, "");
	await ada.look("setup");
	await ada.type("Your name", ADA.name);
	await ada.type("E-mail", ADA.email);
	await ada.type("Password", "short");
	ada.expected.add(422);
	await ada.press("Create the account");
	await ada.sees(/12/);
	await ada.look("setup-refused");
	await ada.type("Password", ADA.password);
	await ada.press("Create the account");
	await ada.seesHeading("Overview");
	await ada.sees("From nothing to the first device");
	await ada.look("overview-empty");
	await ada.go("/devices");
	await ada.sees("No devices yet");
	await ada.look("devices-empty");
});

test("who is not signed in gets the way to do so, at any address", async () => {
	const stranger = await Person.arrive(server);
	await stranger.go("/devices?q=SN");
	await stranger.seesHeading("Sign in");
	await stranger.look("sign-in");
	await stranger.type("E-mail", ADA.email);
	await stranger.type("Password", "not the password");
	await stranger.press("Sign in");
	await stranger.page.getByRole("alert").waitFor();
	await stranger.look("sign-in-refused");
	await stranger.type("Password", ADA.password);
	await stranger.press("Sign in");
	await stranger.seesHeading("Devices");
	assert.equal(new URL(stranger.page.url()).search, "?q=SN");
	await stranger.leave();
});

test("the overview, the devices and a device", async () => {
	seedRelease(server);
	await seedDevices(server);
	await ada.go("/");
	await ada.sees("What the fleet runs");
	await ada.sees("60 devices");
	await ada.look("overview");
	await ada.go("/devices");
	await ada.sees("50 rows of 60 devices");
	await ada.look("devices");
	await ada.press("Show more");
	await ada.sees("60 rows of 60 devices");
	await ada.page.getByRole("searchbox", { name: "Search devices" }).fill("00004");
	await ada.sees("11 devices found");
	assert.equal(new URL(ada.page.url()).searchParams.get("q"), "00004");
	await ada.look("devices-found");
	ada.expected.add(400);
	await ada.page.getByRole("searchbox", { name: "Search devices" }).fill("nonsense:'x'");
	await ada.page.getByRole("alert").waitFor();
	await ada.look("devices-wrong-search");
	await ada.go("/devices/SN-000003");
	await ada.sees("Gets an update");
	await ada.look("device");
	await ada.type("As if it ran version", "2.0.0");
	await ada.press("Ask");
	await ada.sees("if it ran 2.0.0");
	await ada.look("device-supposed");
});

test("the account, and paths that lead nowhere", async () => {
	await ada.go("/account");
	await ada.seesHeading("Account");
	await ada.sees("This one");
	await ada.look("account");
	await ada.go("/nowhere");
	await ada.seesHeading("There is no such page");
	await ada.look("not-found");
	await ada.go("/devices/unknown");
	await ada.seesHeading("There is no such page");
});

test("palette and keys", async () => {
	await ada.go("/");
	await ada.seesHeading("Overview");
	await ada.page.keyboard.press("Control+k");
	await ada.page.getByRole("menuitem", { name: /Devices/ }).waitFor();
	await ada.look("palette");
	await ada.page.keyboard.type("devi");
	await ada.page.keyboard.press("Enter");
	await ada.seesHeading("Devices");
	await ada.page.keyboard.press("g");
	await ada.page.keyboard.press("o");
	await ada.seesHeading("Overview");
	await ada.page.keyboard.press("?");
	await ada.seesHeading("Keys");
	await ada.look("keys");
	await ada.page.keyboard.press("Escape");
});

test("stop everything, and resume", async () => {
	await ada.go("/");
	await ada.press("Stop everything…");
	await ada.type("Reason", "Devices do not come back after the update");
	await ada.look("stop");
	await ada.press("Stop now");
	await ada.sees("Stopped: no device of");
	await ada.look("overview-stopped");
	await ada.go("/devices/SN-000003");
	await ada.sees("No update");
	await ada.look("device-stopped");
	await ada.press("Resume…");
	await ada.look("resume");
	await ada.press("Resume");
	await ada.page.getByText("Stopped: no device of").waitFor({ state: "detached" });
	await ada.sees("Gets an update");
	ada.assertNothingWrong("after resuming");
});

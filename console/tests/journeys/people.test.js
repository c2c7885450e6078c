// Two people: one invites the other, sessions end in the middle of something, a second factor, a forgotten password, and what one may not do.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { ADA, seedDevices, seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";
import { totp } from "../harness/totp.js";

const GRACE = { name: "Grace Hopper", email: "grace@example.com", password: "other words that fit" };

let server;
let ada;
let grace;

before(async () => {
	server = await Server.start();
	seedRelease(server);
	await seedDevices(server, 3);
	ada = await Person.arrive(server);
	await setUp(ada);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("an invitation is accepted in another browser, and its role decides what is grey", async () => {
	const body = { email: GRACE.email, grants: [{ role: "viewer" }] };
	const { invitation } = await ada.page.evaluate(async (given) => {
		const headers = { "content-type": "application/json", "olivine-console": "1" };
		const answer = await fetch("/v1/invitations", { method: "POST", headers, body: JSON.stringify(given) });
		return answer.json();
	}, body);
	grace = await Person.arrive(server);
	await grace.go(invitation.url);
	await grace.seesHeading("Join default");
	assert.equal(new URL(grace.page.url()).hash, "");
	await grace.look("invitation");
	await grace.type("Your name", GRACE.name);
	await grace.type("Password", GRACE.password);
	await grace.press("Create the account and join");
	await grace.seesHeading("Overview");
	await grace.go("/devices/SN-000001");
	await grace.page
		.getByRole("button", { name: /not allowed: This takes the scope device.update/ })
		.first()
		.waitFor();
	await grace.look("device-as-viewer");
	await grace.page.getByRole("button", { name: /^Move…/ }).click();
	await grace.sees("This takes the scope device.update. An administrator can grant it.");
});

test("when the session ends while somebody types, nothing typed is lost and the change goes on", async () => {
	await ada.go("/account");
	await ada.type("Name", "Ada King");
	await ada.context.clearCookies({ name: /^olivine-\d+$/ });
	await ada.page.getByRole("button", { name: "Save", exact: true }).click();
	await ada.seesHeading("Your session has ended");
	await ada.look("session-ended");
	assert.equal(await ada.page.locator("input[name=name]").inputValue(), "Ada King");
	const dialog = ada.page.getByRole("dialog");
	await dialog.getByLabel("Password", { exact: true }).fill(ADA.password);
	await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
	await ada.sees("Your name is changed.");
	await ada.page.getByRole("button", { name: "Your account, Ada King" }).waitFor();
	ada.assertNothingWrong("after signing in again");
});

test("a personal key ends when it was said to, and its secret is shown once", async () => {
	await ada.go("/account");
	await ada.press("New key…");
	await ada.type("What it is for", "laptop");
	// The announcer of the date field is what a policy of the page has to let through: twice by keys.
	const day = ada.page.getByRole("spinbutton", { name: /day/ }).first();
	await day.focus();
	for (const key of ["ArrowUp", "ArrowUp", "ArrowDown"]) await ada.page.keyboard.press(key);
	await ada.look("new-key");
	await ada.press("Make the key");
	await ada.seesHeading("Your new key");
	await ada.sees(/PERIDIO_API_KEY=olv_/);
	await ada.press("I have it");
	await ada.sees("laptop");
	ada.assertNothingWrong("after making a key");
});

test("a second factor is set up by its code, and signing in then asks for one", async () => {
	await ada.go("/account");
	await ada.press("Set up an app…");
	await ada.seesHeading("Set up an authenticator app");
	await ada.look("second-factor");
	const secret = (await ada.page.locator("dialog code, [role=dialog] code").first().textContent()).replaceAll(" ", "");
	await ada.type("Code from the app", totp(secret));
	await ada.press("Switch it on");
	await ada.seesHeading("Your recovery codes");
	await ada.look("recovery-codes");
	await ada.press("I have kept them");
	await ada.sees("On, since");
	await ada.page.getByRole("button", { name: /Your account/ }).click();
	await ada.page.getByRole("menuitem", { name: "Sign out" }).click();
	await ada.seesHeading("Sign in");
	await ada.type("E-mail", ADA.email);
	await ada.type("Password", ADA.password);
	await ada.press("Sign in");
	await ada.field("Code").waitFor();
	await ada.look("sign-in-code");
	// The next step's code is accepted as well, and this step's was used.
	await ada.type("Code", totp(secret, 1));
	await ada.press("Go on");
	await ada.seesHeading("Overview");
	ada.assertNothingWrong("after signing in with a code");
});

test("a forgotten password", async () => {
	const said = server.olivine("users", "reset-link", "--email", GRACE.email);
	// On the command line the server is known by its configuration only, not by the port that it got.
	const path = /reset-password#\S+/.exec(said)?.[0];
	await grace.go(`${server.url}/${path}`);
	await grace.seesHeading("Choose a new password");
	await grace.look("reset-password");
	await grace.type("New password", "words that are new here");
	await grace.press("Change the password");
	await grace.seesHeading("Sign in");
	await grace.type("E-mail", GRACE.email);
	await grace.type("Password", "words that are new here");
	await grace.press("Sign in");
	await grace.seesHeading("Overview");
	grace.expected.add(400).add(404).add(403).add(422);
	await grace.go("/invitation#nothing");
	await grace.seesHeading("This invitation can't be opened");
	await grace.look("invitation-invalid");
	grace.expected.clear();
});

test("a change made elsewhere is seen without a reload, in each tab", async () => {
	const second = await ada.openTab();
	await ada.go("/devices/SN-000002");
	await second.goto("/devices/SN-000002");
	for (const page of [ada.page, second]) await page.getByText("Live ·").waitFor();
	const { devices } = await server.call("GET", "/v1/devices?identifier=SN-000002");
	await server.call("PATCH", `/v1/devices/${devices[0].prn}`, { quarantined: true });
	for (const page of [ada.page, second]) await page.getByText("It is in quarantine and gets no updates.").waitFor();
	await ada.page.bringToFront();
	await ada.go("/devices");
	await ada.sees("3 devices");
	await server.call("POST", "/v1/devices", { identifier: "SN-000099", product_prn: devices[0].product_prn });
	await ada.sees("1 newer");
	await ada.look("devices-newer");
	await ada.press("1 newer");
	await ada.sees("SN-000099");
});

test("the server goes away and comes back, and the page heals by itself", async () => {
	ada.expected.add(503);
	await ada.go("/devices/SN-000002");
	await ada.sees("Live ·");
	await server.stop();
	await ada.sees("Not live ·");
	await server.run();
	await ada.page.getByText("Live ·").waitFor({ timeout: 40_000 });
	ada.problems.splice(0);
});

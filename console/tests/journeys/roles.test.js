// Each role, held against the scopes that the OpenAPI document says: which places are in the rail, and which buttons are grey.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { seedDevices, seedRelease } from "../harness/seed.js";
import { Server } from "../harness/server.js";

const document = JSON.parse(readFileSync(new URL("../../../docs/openapi.json", import.meta.url), "utf8"));
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

function scopeOf(operationId) {
	const operation = operations.find((each) => each.operationId === operationId);
	assert.ok(operation?.["x-required-scope"], `${operationId} needs no scope`);
	return operation["x-required-scope"];
}

const PLACES = {
	Overview: "organization_overview",
	Devices: "devices_list",
	Audit: "events_list",
	Settings: "organization_get",
};

const TABS = {
	People: "memberships_list",
	"API keys": "api_keys_list",
	"Signing keys": "signing_keys_list",
	"CA certificates": "ca_certificates_list",
	Storages: "storage_backends_list",
	Organization: "organization_get",
	"This server": "server_get",
};

/** Pages, what has to be seen of them first, what it takes to see them, and their buttons with the operations behind them. */
const PAGES = [
	["/", "Latest", "organization_overview", { "Stop everything…": "organization_stop" }],
	["/devices/SN-000002", "SN-000002", "devices_list", { "Move…": "devices_update" }],
	["/settings/people", "Members", "memberships_list", { "Invite a person…": "invitations_create" }],
	["/settings/api-keys", "Keys that work", "api_keys_list", { "New key…": "api_keys_create" }],
	[
		"/settings/signing-keys",
		"production",
		"signing_keys_list",
		{ "Trust a key…": "signing_keys_create", "Disable production": "signing_keys_update" },
	],
	["/settings/ca-certificates", "Authorities", "ca_certificates_list", { "Register a CA…": "ca_certificates_create" }],
	[
		"/settings/ca-certificates/new",
		"1. A verification code",
		"ca_certificates_list",
		{ "Get a code": "ca_certificates_create" },
	],
	[
		"/settings/storages",
		"Storages of the organization",
		"storage_backends_list",
		{ "Register a storage…": "storage_backends_create" },
	],
	["/settings/organization", "Set the limit", "organization_get", { "Set the limit": "organization_update" }],
];

const ROLES = ["viewer", "support", "developer", "signer", "release_manager", "writer", "admin"];
const WHO = [
	...ROLES.map((role) => [role, { role }]),
	["single scopes", { scopes: ["device.read", "product.read", "cohort.read"] }],
];

let server;

before(async () => {
	server = await Server.start();
	seedRelease(server);
	await seedDevices(server, 3);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

async function arriveAs(name, grant) {
	const email = `${name.replace(" ", "-")}@example.com`;
	const { invitation } = await server.call("POST", "/v1/invitations", { email, grants: [grant] });
	const person = await Person.arrive(server);
	person.expected.add(403);
	await person.go(invitation.url);
	await person.type("Your name", name);
	await person.type("Password", "words that nobody guesses");
	await person.press("Create the account and join");
	await person.page.getByRole("navigation", { name: "Places" }).waitFor();
	return person;
}

async function scopesOf(person) {
	const headers = { "olivine-console": "1" };
	const me = await person.page.evaluate(
		async (given) => (await fetch("/v1/users/me", { headers: given })).json(),
		headers,
	);
	return new Set(me.user.scopes);
}

async function linksIn(person, name) {
	const texts = await person.page.getByRole("navigation", { name }).getByRole("link").allTextContents();
	return new Set(texts.map((text) => text.trim()));
}

/** A button as it is: what one may, or grey with the scope that it takes. */
async function assertButton(person, button, operation, scopes, where) {
	const scope = scopeOf(operation);
	const refusal = `This takes the scope ${scope}.`;
	const found = person.page.locator("main").getByRole("button", { name: button }).first();
	await found.waitFor();
	const name = await found.evaluate((each) => each.getAttribute("aria-label") ?? each.textContent ?? "");
	assert.equal(name.includes(refusal), !scopes.has(scope), `${where}: "${name}", which takes ${scope}`);
}

for (const [role, grant] of WHO) {
	test(`${role}: rail, settings and buttons are as the scopes say`, async () => {
		const person = await arriveAs(role, grant);
		const scopes = await scopesOf(person);
		const rail = await linksIn(person, "Places");
		for (const [place, operation] of Object.entries(PLACES)) {
			assert.equal(rail.has(place), scopes.has(scopeOf(operation)), `${place} in the rail of ${role}`);
		}
		for (const [path, seen, needs, buttons] of PAGES) {
			if (!scopes.has(scopeOf(needs))) continue;
			await person.visit(path);
			await person.sees(seen);
			for (const [button, operation] of Object.entries(buttons)) {
				await assertButton(person, button, operation, scopes, `${path} as ${role}`);
			}
			if (!path.startsWith("/settings") || path.endsWith("/new")) continue;
			const tabs = await linksIn(person, "Settings");
			for (const [tab, operation] of Object.entries(TABS)) {
				assert.equal(tabs.has(tab), scopes.has(scopeOf(operation)), `${tab} in the settings of ${role}`);
			}
		}
		if (role === "viewer") await person.look("organization-as-viewer");
		person.assertNothingWrong(`as ${role}`);
		await person.leave();
	});
}

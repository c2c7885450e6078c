// Settings: people, keys, storages, CA certificates, the organization and the server; and the import of devices.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, Person } from "../harness/browser.js";
import { askAsDevice, makeCa, makeDevice, runLines } from "../harness/certificates.js";
import { seedDevices, seedRelease, setUp } from "../harness/seed.js";
import { Server } from "../harness/server.js";

const GRACE = { name: "Grace Hopper", email: "grace@example.com", password: "other words that fit" };

let server;
let ada;

const dialog = () => ada.page.getByRole("dialog");
const commandText = (person) => person.page.getByRole("dialog").locator("pre code").first().textContent();

before(async () => {
	server = await Server.start();
	seedRelease(server);
	await seedDevices(server, 6);
	ada = await Person.arrive(server);
	await setUp(ada);
});

after(async () => {
	await closeBrowser();
	await server[Symbol.asyncDispose]();
});

test("a second person is invited with a role and a reach, and sees only what she may", async () => {
	await ada.go("/settings");
	await ada.seesHeading("People");
	await ada.sees("No open invitations");
	await ada.look("people");
	await ada.page.getByRole("button", { name: "Invite a person…" }).first().click();
	await ada.type("E-mail", GRACE.email);
	await ada.field("Role").selectOption("Release manager");
	await ada.field("Reach").selectOption("Some products or cohorts");
	await ada.sees("Choose at least one product or cohort.");
	await ada.field("Cohort gateway/daily").check();
	await ada.sees("--role release_manager --cohort gateway/daily");
	await ada.look("invite");
	await ada.press("Make the link");
	await ada.seesHeading("The invitation is ready");
	const url = await commandText(ada);
	await ada.look("invited");
	await ada.press("I have it");
	await ada.sees("Release manager in gateway/daily");

	const grace = await Person.arrive(server);
	await grace.go(url);
	await grace.type("Your name", GRACE.name);
	await grace.type("Password", GRACE.password);
	await grace.press("Create the account and join");
	await grace.seesHeading("Overview");
	await grace.go("/settings");
	await grace.seesHeading("Signing keys");
	const tabs = await grace.page.getByRole("navigation", { name: "Settings" }).getByRole("link").allTextContents();
	assert.deepEqual(tabs, ["Signing keys", "CA certificates", "Storages", "Organization", "This server"]);
	await grace.page.getByRole("button", { name: /not allowed: This takes the scope signing_key.create/ }).waitFor();
	await grace.look("signing-keys-as-release-manager");
	// What is made in the other cohort does not exist for her.
	const { cohorts } = await server.call("GET", "/v1/cohorts");
	const stable = cohorts.find(({ name }) => name === "stable");
	const other = { identifier: "SN-000900", product_prn: stable.product_prn, cohort_prn: stable.prn };
	await server.call("POST", "/v1/devices", other);
	await grace.go("/devices");
	await grace.sees("6 devices");
	assert.equal(await grace.page.getByText("SN-000900").count(), 0);
	grace.assertNothingWrong("as Grace");
	await grace.leave();
});

test("what a person may do is changed, a link for a new password is made, and she is removed", async () => {
	await ada.go("/settings/people");
	await ada.press(`Change what ${GRACE.name} may do…`);
	await ada.field("Role").selectOption("Viewer");
	await ada.press("Another role");
	await ada.field("Role 2").selectOption("Single scopes");
	await ada.field("binary.sign").check();
	await ada.field("Reach 1").selectOption("The whole organization");
	await ada.sees(/--role viewer/);
	await ada.sees(/--scope binary.sign/);
	await ada.look("change-member");
	await ada.press("Save");
	await ada.sees("What Grace Hopper may do is changed, from the next request on.");
	await ada.page.getByText("binary.sign", { exact: true }).waitFor();
	await ada.press(`More about ${GRACE.name}`);
	await ada.look("member-menu");
	await ada.page.getByRole("menuitem", { name: "Link for a new password" }).click();
	await ada.seesHeading("Link for a new password");
	assert.match(await commandText(ada), /\/reset-password#/);
	await ada.press("I have it");
	await ada.press(`More about ${GRACE.name}`);
	await ada.page.getByRole("menuitem", { name: "Remove from the organization…" }).click();
	await ada.type(`Type ${GRACE.email} to go on`, GRACE.email);
	await ada.look("remove-member");
	await ada.press("Remove");
	await ada.sees("Grace Hopper is removed.");
	ada.assertNothingWrong("after removing a person");
});

test("an API key is made, used and revoked", async () => {
	await ada.go("/settings/api-keys");
	await ada.seesHeading("API keys");
	await ada.press("New key…");
	await ada.type("What it is for", "ci");
	await ada.field("Role").selectOption("Single scopes");
	await ada.field("artifact.read").check();
	await ada.look("new-api-key");
	await ada.press("Make the key");
	await ada.seesHeading("The key ci");
	const key = (await commandText(ada)).replace("export PERIDIO_API_KEY=", "");
	const use = async (path) => {
		const answered = await fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } });
		await answered.body?.cancel();
		return answered.status;
	};
	assert.equal(await use("/v1/artifacts"), 200);
	assert.equal(await use("/v1/devices"), 403);
	await ada.press("I have it");
	assert.ok(!(await ada.page.content()).includes(key));
	await ada.look("api-keys");
	await ada.press("Revoke ci…");
	await ada.type("Type ci to go on", "ci");
	await ada.press("Revoke");
	await ada.sees("ci is revoked. Its next request is refused.");
	assert.equal(await use("/v1/artifacts"), 401);
	await ada.press("Show revoked ones, too");
	await ada.page.getByText("Revoked", { exact: true }).waitFor();
	assert.equal(new URL(ada.page.url()).search, "?revoked=true");
	ada.assertNothingWrong("after revoking a key");
});

test("a signing key is trusted, disabled and revoked, and a private key is not sent", async () => {
	await ada.go("/settings/signing-keys");
	await ada.sees("signed 1 binary");
	await ada.press("Trust a key…");
	await ada.type("Name", "second");
	await ada.type("Public key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
	await ada.sees("That is a private key.");
	assert.equal(await ada.field("Public key").inputValue(), "");
	await ada.look("private-key-refused");
	runLines(server.folder, "openssl genpkey -algorithm ed25519 | openssl pkey -pubout -out second.pub.pem");
	await ada.field("Public key: choose a file").setInputFiles(join(server.folder, "second.pub.pem"));
	await ada.look("new-signing-key");
	await ada.press("Trust it");
	await ada.sees("second is trusted.");
	await ada.press("Disable second");
	await ada.page.getByText("Disabled", { exact: true }).waitFor();
	await ada.look("signing-keys");
	await ada.press("Enable second");
	await ada.press("Revoke second…");
	await ada.type("Type second to go on", "second");
	await ada.press("Revoke");
	await ada.page.getByText("Revoked", { exact: true }).waitFor();
	ada.assertNothingWrong("after revoking a signing key");
});

test("a CA is proven with openssl, and its devices get a product, a cohort and tags", async () => {
	makeCa(server.folder, "/CN=Factory Lyon", 20);
	await ada.go("/settings/ca-certificates");
	await ada.sees("No CA certificates yet");
	await ada.look("ca-certificates-empty");
	await ada.page.getByRole("button", { name: "Register a CA…" }).first().click();
	await ada.seesHeading("Register a CA");
	await ada.press("Get a code");
	const lines = ada.page.locator("pre code").filter({ hasText: "openssl req" });
	runLines(server.folder, await lines.textContent());
	await ada.field("Certificate of the CA: choose a file").setInputFiles(join(server.folder, "ca.pem"));
	// The second one is pasted, and is the wrong one at first.
	await ada.type("Verification certificate", readFileSync(join(server.folder, "ca.pem"), "utf8"));
	ada.expected.add(422);
	await ada.press("Register the CA");
	await ada.page.locator("[aria-invalid=true], [role=alert]").first().waitFor();
	await ada.look("ca-refused");
	await ada.type("Verification certificate", readFileSync(join(server.folder, "verification.pem"), "utf8"));
	await ada.type("Name", "Factory Lyon");
	await ada.field("Product of new devices").selectOption("gateway");
	await ada.field("Cohort of new devices").selectOption("daily");
	await ada.type("Tags of new devices", "europe, beta");
	await ada.look("ca-new");
	await ada.press("Register the CA");
	await ada.page.getByRole("heading", { name: "Factory Lyon" }).waitFor();
	await ada.sees("New devices with its certificates register themselves.");
	await ada.sees(/--renewals refuse/);
	await ada.look("ca-certificate");
	const { ca_certificates } = await server.call("GET", "/v1/ca_certificates");
	assert.deepEqual(ca_certificates[0].jitp.tags, ["beta", "europe"]);
	await ada.page.getByRole("link", { name: "CA certificates" }).click();
	await ada.sees("gateway/daily");
	await ada.look("ca-certificates");
	// A device of this factory connects for the first time, and a stranger.
	makeDevice(server.folder, "SN-800001", true);
	makeDevice(server.folder, "SN-666666", false);
	assert.equal(await askAsDevice(server, "SN-800001"), 200);
	assert.equal(await askAsDevice(server, "SN-666666"), 401);
	const { devices } = await server.call("GET", "/v1/devices?identifier=SN-800001&expand[]=cohort");
	assert.equal(devices[0].cohort.name, "daily");
	await ada.sees("CN=SN-666666");
	await ada.look("ca-certificates-refused");
	// It ends in 20 days, so the bell calls.
	await ada.press("1 thing needs you");
	await ada.look("bell");
	await ada.page.getByRole("menuitem", { name: /Factory Lyon ends in/ }).click();
	await ada.press("Disable");
	await ada.sees("New devices are refused.");
	await ada.press("Remove…");
	await ada.type("Type Factory Lyon to go on", "Factory Lyon");
	await ada.press("Remove");
	await ada.sees("No CA certificates yet");
	ada.assertNothingWrong("after removing a CA");
});

test("devices come from a CSV: a bad line is named, and nothing is changed until all are good", async () => {
	const file = join(server.folder, "devices.csv");
	writeFileSync(
		file,
		"identifier,cohort,tags\nSN-000001,daily,europe;new\nSN-700001,nowhere,asia\nSN-700002,daily,asia\n",
	);
	await ada.go("/import");
	await ada.field("Cohort").selectOption("gateway/daily");
	await ada.look("import");
	await ada.page.getByLabel("Drop a CSV here, or choose one").setInputFiles(file);
	await ada.sees("Mend these lines, and drop the file again.");
	await ada.sees("Line 3, column cohort");
	await ada.look("import-refused");
	writeFileSync(
		file,
		"identifier,cohort,tags\nSN-000001,daily,europe;new\nSN-700001,stable,asia\nSN-700002,daily,asia\n",
	);
	await ada.page.getByLabel("Drop a CSV here, or choose one").setInputFiles(file);
	await ada.press("Import 3 devices");
	await ada.seesHeading("Imported");
	await ada.look("import-done");
	const { devices } = await server.call("GET", "/v1/devices?identifier=SN-700001");
	assert.deepEqual(devices[0].tags, ["asia"]);
	ada.assertNothingWrong("after the import");
});

test("the organization, its quota, storages and the server", async () => {
	await ada.go("/settings/organization");
	await ada.type("Limit in GB", "1");
	await ada.press("Set the limit");
	await ada.sees("The limit is changed.");
	await ada.page.getByRole("img", { name: /Storage that is used/ }).waitFor();
	await ada.type("Name", "acme");
	await ada.sees("peridio organization update --name acme");
	await ada.look("organization");
	await ada.page.getByRole("button", { name: "Save", exact: true }).click();
	await ada.sees("acme, with");
	// A form in which nothing was typed shows what somebody else changed; what was typed is brought together with it.
	const elsewhere = (body) => server.call("PATCH", "/v1/organization", body);
	const seconds = () => ada.field("Seconds that a download URL works").inputValue();
	await elsewhere({ download_url_seconds: 900 });
	for (let tries = 0; (await seconds()) !== "900" && tries < 50; tries += 1) await ada.page.waitForTimeout(100);
	assert.equal(await seconds(), "900");
	await ada.type("Name", "acme firmware");
	await ada.field("Download URLs").selectOption({ label: "short: redirected by the server" });
	await elsewhere({ download_url_seconds: 600, name: "acme devices" });
	ada.expected.add(412);
	await ada.page.getByRole("button", { name: "Save", exact: true }).click();
	await ada.sees("Taken over from them: Seconds that a download URL works.");
	await ada.look("organization-both-changed");
	await ada.page.getByRole("radio", { name: /Yours/ }).check();
	await ada.page.getByRole("button", { name: "Save", exact: true }).click();
	await ada.sees("acme firmware, with");
	const { organization } = await server.call("GET", "/v1/organization");
	const { name, download_url_style, download_url_seconds } = organization;
	assert.deepEqual([name, download_url_style, download_url_seconds], ["acme firmware", "short", 600]);
	assert.equal(await ada.page.getByText("Somebody else changed it meanwhile").count(), 0);
	await ada.go("/settings/storages");
	await ada.sees("Only the server's own storage");
	await ada.look("storages-empty");
	await ada.page.getByRole("button", { name: "Register a storage…" }).first().click();
	await ada.field("Kind").selectOption("Google Cloud Storage");
	await ada.field("Kind").selectOption("Azure Blob Storage");
	await ada.field("Kind").selectOption("Amazon S3, or a storage with its interface");
	await ada.type("Name", "frankfurt");
	await ada.type("Bucket and prefix", "acme-firmware/olivine");
	await ada.type("Endpoint", "http://127.0.0.1:9");
	await dialog().getByLabel("Access key id").fill("id");
	await dialog().getByLabel("Secret access key", { exact: true }).fill("secret");
	ada.expected.add(422).add(502);
	await ada.press("Try and register it");
	await ada.page.locator("[data-invalid], [role=alert]").first().waitFor();
	await ada.look("storage-refused");
	await ada.go("/settings/server");
	await ada.sees("No job was given up");
	await ada.sees("All were run");
	await ada.look("server");
	ada.assertNothingWrong("after the settings");
});

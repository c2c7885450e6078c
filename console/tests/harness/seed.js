// Something to look at: a product with two cohorts, a signed firmware, a release and devices in all states.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export const ADA = { name: "Ada Lovelace", email: "ada@example.com", password: "four words that fit" };

/** The first person, through the page. */
export async function setUp(person, who = ADA) {
	await person.go(person.server.setupLink);
	await person.type("Your name", who.name);
	await person.type("E-mail", who.email);
	await person.type("Password", who.password);
	await person.press("Create the account");
	await person.seesHeading("Overview");
}

function openssl(server, ...args) {
	const ran = spawnSync("openssl", args, { cwd: server.folder, encoding: "utf8" });
	if (ran.status !== 0) throw new Error(ran.stderr);
}

/** All that is needed until a device gets an update. */
export function seedRelease(server) {
	openssl(server, "genpkey", "-algorithm", "ed25519", "-out", "signing.pem");
	openssl(server, "pkey", "-in", "signing.pem", "-pubout", "-out", "signing.pub.pem");
	server.peridio("signing-keys", "create", "--name", "production", "--public-key-file", "signing.pub.pem");
	server.peridio("products", "create", "--name", "gateway", "--target", "arm-linux-gnueabihf");
	server.peridio("cohorts", "create", "--product", "gateway", "--name", "daily");
	server.peridio("cohorts", "create", "--product", "gateway", "--name", "stable");
	writeFileSync(join(server.folder, "firmware.bin"), randomBytes(100_000));
	const push = ["push", "firmware.bin", "--artifact", "main-firmware", "--version", "2.0.0"];
	server.peridio(...push, "--target", "arm-linux-gnueabihf", "--signing-key", "signing.pem");
	server.peridio("bundles", "create", "--name", "spring", "--artifact-version", "main-firmware/2.0.0");
	const release = ["releases", "create", "--cohort", "gateway/daily", "--bundle", "spring", "--name", "spring"];
	server.peridio(...release, "--version", "2.0.0");
}

/** Devices, as a fleet has them: most are fine. */
export async function seedDevices(server, many = 60) {
	const cohorts = (await server.call("GET", "/v1/cohorts?limit=10")).cohorts;
	const daily = cohorts.find(({ name }) => name === "daily");
	const lines = Array.from({ length: many }, (_, index) => `SN-${String(index + 1).padStart(6, "0")}`);
	for (const identifier of lines) {
		const body = { identifier, product_prn: daily.product_prn, cohort_prn: daily.prn, tags: ["europe"] };
		const { device } = await server.call("POST", "/v1/devices", body);
		const index = lines.indexOf(identifier);
		if (index % 3 !== 0) {
			const version = index % 4 === 0 ? "2.0.0" : index % 5 === 0 ? "1.1.0" : "1.0.0";
			await server.call("POST", `/v1/devices/${device.prn}/update`, { release_version: version, write: true });
		}
		if (index % 17 === 0) await server.call("PATCH", `/v1/devices/${device.prn}`, { quarantined: true });
	}
}

// A cohort with a history: releases on two paths, devices on them, and some on which the update failed.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TARGET = "arm-linux-gnueabihf";

/** Bundles by their names: each is a signed firmware of that version. */
export async function seedBundles(server, versions) {
	for (const version of versions) {
		writeFileSync(join(server.folder, "firmware.bin"), randomBytes(40_000));
		const push = ["push", "firmware.bin", "--artifact", "main-firmware", "--version", version];
		server.peridio(...push, "--target", TARGET, "--signing-key", "signing.pem");
		server.peridio("bundles", "create", "--name", version, "--artifact-version", `main-firmware/${version}`);
	}
	const { bundles } = await server.call("GET", "/v1/bundles?limit=100");
	return new Map(bundles.map(({ name, prn }) => [name, prn]));
}

function run(server, program, ...args) {
	const ran = spawnSync(program, args, { cwd: server.folder, encoding: "utf8" });
	if (ran.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${ran.stderr}${ran.stdout}`);
	return ran.stdout;
}

/** A device's word about its update, over its own certificate. */
export async function reportStatus(server, identifier, report) {
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
	const files = ["-keyout", `${identifier}.key`, "-out", `${identifier}.pem`];
	run(
		server,
		"openssl",
		"req",
		"-x509",
		...key,
		...files,
		"-days",
		"30",
		"-subj",
		`/CN=${identifier}`,
		"-addext",
		"basicConstraints=critical,CA:FALSE",
	);
	server.peridio("device-certificates", "create", "--device", identifier, "--certificate", `${identifier}.pem`);
	const { device_url: url } = JSON.parse(readFileSync(join(server.data, "server.json"), "utf8"));
	const tls = [
		"--cert",
		`${identifier}.pem`,
		"--key",
		`${identifier}.key`,
		"--cacert",
		join(server.data, "device-ca.pem"),
	];
	const body = ["-H", "content-type: application/json", "-d", JSON.stringify(report)];
	run(server, "curl", "-fsS", ...tls, ...body, `${url}/update/status`);
}

/**
 * In `gateway/daily`: 0.9.5 → 1.0.0 → 1.1.0 (required) → 1.2.0 (required, disabled) → spring (2.0.0), and factory → 1.1.0 beside it; 24 devices.
 * Gives the releases by their names.
 */
export async function seedHistory(server) {
	const bundles = await seedBundles(server, ["0.9.0", "1.0.0", "1.1.0", "1.2.0", "2.1.0"]);
	const {
		releases: [spring],
	} = await server.call("GET", "/v1/releases");
	const cohort_prn = spring.cohort_prn;
	const releases = new Map([["spring", spring]]);
	const add = async (name, bundle, next, more = {}) => {
		const body = {
			cohort_prn,
			bundle_prn: bundles.get(bundle),
			name,
			next_release_prn: releases.get(next).prn,
			...more,
		};
		releases.set(name, (await server.call("POST", "/v1/releases", body)).release);
	};
	await add("1.2.0", "1.2.0", "spring", { version: "1.2.0", required: true, disabled: true });
	await add("1.1.0", "1.1.0", "1.2.0", { version: "1.1.0", required: true });
	await add("1.0.0", "1.0.0", "1.1.0", { version: "1.0.0" });
	await add("0.9.5", "0.9.0", "1.0.0", { version: "0.9.5" });
	await add("factory", "0.9.0", "1.1.0", { version: "0.9.0", version_requirement: "< 0.9.0" });
	const { cohort } = await server.call("GET", `/v1/cohorts/${cohort_prn}`);
	const on = ["1.0.0", "1.0.0", "1.0.0", "1.1.0", "1.1.0", "spring", "spring", "factory"];
	for (let index = 0; index < 24; index += 1) {
		const identifier = `GW-${String(index + 1).padStart(4, "0")}`;
		const body = { identifier, product_prn: cohort.product_prn, cohort_prn, tags: index % 3 ? ["europe"] : ["beta"] };
		const { device } = await server.call("POST", "/v1/devices", body);
		const release_prn = releases.get(on[index % on.length]).prn;
		await server.call("POST", `/v1/devices/${device.prn}/update`, { release_prn, write: true });
	}
	return { releases, bundles, cohort };
}

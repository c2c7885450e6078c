// A factory with real certificates, made by `openssl` as the console says it.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";

function openssl(folder, ...args) {
	const ran = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
	if (ran.status !== 0) throw new Error(`openssl ${args.join(" ")}: ${ran.stderr}`);
}

/** `ca.pem` and `ca.key` of a CA that is good for some days. */
export function makeCa(folder, subject, days = 365) {
	writeFileSync(join(folder, "ca.ext"), "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
	const request = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-subj", subject, "-out", "ca.csr"];
	openssl(folder, ...request);
	const sign = ["x509", "-req", "-in", "ca.csr", "-signkey", "ca.key", "-days", String(days), "-extfile", "ca.ext"];
	openssl(folder, ...sign, "-out", "ca.pem");
}

/** What a person types after copying the lines of the page. */
export function runLines(folder, lines) {
	const ran = spawnSync("sh", ["-e", "-c", lines], { cwd: folder, encoding: "utf8" });
	if (ran.status !== 0) throw new Error(`${lines}: ${ran.stderr}`);
}

/** `<name>.pem` and `<name>.key` of a device, signed by the CA, or by itself where there is none. */
export function makeDevice(folder, name, isSignedByCa) {
	const key = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-subj", `/CN=${name}`];
	openssl(folder, ...key, "-out", `${name}.csr`);
	const by = isSignedByCa ? ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"] : ["-signkey", `${name}.key`];
	openssl(folder, "x509", "-req", "-in", `${name}.csr`, ...by, "-days", "10", "-out", `${name}.pem`);
}

/** A device asks who it is; resolves to the status. */
export function askAsDevice(server, name) {
	const file = (ending) => readFileSync(join(server.folder, `${name}.${ending}`));
	// The server's own certificate is not what is tested here.
	const options = { cert: file("pem"), key: file("key"), rejectUnauthorized: false };
	return new Promise((resolve, reject) => {
		request(`${server.deviceUrl}/device/me`, options, (answered) => {
			answered.resume();
			resolve(answered.statusCode);
		})
			.on("error", reject)
			.end();
	});
}

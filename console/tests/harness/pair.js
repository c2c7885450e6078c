// An installation as large ones are: two processes on one PostgreSQL database and one object store, behind nginx.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isS3Built, S3 } from "./s3.js";
import { Server } from "./server.js";

const postgres = process.env.OLIVINE_TEST_POSTGRES;
// Debian keeps daemons out of the path of ordinary users.
const nginx = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"]
	.map((folder) => join(folder, "nginx"))
	.find((program) => existsSync(program));

/** What is missing for it; `false` where nothing is. */
export const lacksForPair =
	(!postgres && "OLIVINE_TEST_POSTGRES is not set: cargo xtask console test") ||
	(!nginx && "nginx is not installed") ||
	(!isS3Built && "test-s3 is not built: cargo build -p olivine-tests --bin test-s3");

function freePort() {
	return new Promise((resolve) => {
		const listener = createServer().listen(0, "127.0.0.1", () => {
			const { port } = listener.address();
			listener.close(() => resolve(port));
		});
	});
}

function newDatabase() {
	const name = `console_${randomBytes(6).toString("hex")}`;
	const ran = spawnSync("psql", ["-q", postgres, "-c", `CREATE DATABASE ${name}`], { encoding: "utf8" });
	if (ran.status !== 0) throw new Error(ran.stderr);
	const url = new URL(postgres);
	url.pathname = `/${name}`;
	return url.href;
}

function configuration(folder, port, servers) {
	const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
	return `
		pid ${folder}/nginx.pid;
		error_log ${folder}/error.log;
		${userInfo().uid === 0 ? "user root;" : ""}
		events {}
		http {
			access_log off;
			${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n")}
			upstream olivine { ${servers.map((each) => `server ${new URL(each.url).host} max_fails=0;`).join(" ")} }
			server {
				listen 127.0.0.1:${port};
				client_max_body_size 0;
				proxy_request_buffering off;
				proxy_buffering off;
				location / {
					proxy_pass http://olivine;
					proxy_http_version 1.1;
					proxy_set_header Host $http_host;
				}
			}
		}`;
}

export class Pair {
	servers = [];

	static async start() {
		const pair = new Pair();
		pair.folder = mkdtempSync(join(tmpdir(), "olivine-console-pair-"));
		const port = await freePort();
		pair.url = `http://127.0.0.1:${port}`;
		pair.s3 = await S3.start("firmware", pair.url);
		const database = newDatabase();
		const secret = randomBytes(24).toString("hex");
		for (const name of ["one", "other"]) {
			const server = new Server();
			server.folder = join(pair.folder, name);
			server.data = join(server.folder, "data");
			server.environment = { ...pair.s3.environment, OLIVINE_SECRET_KEY: secret, OLIVINE_DATABASE_URL: database };
			mkdirSync(server.folder);
			const settings = ["--public-url", pair.url, "--storage-url", "s3://firmware/contents", "--roles", "api,jobs"];
			await server.run([...settings, "--set", "storage.allow_private_endpoints=true"]);
			pair.servers.push(server);
		}
		await pair.#startNginx(port);
		return pair;
	}

	async #startNginx(port) {
		const file = join(this.folder, "nginx.conf");
		writeFileSync(file, configuration(this.folder, port, this.servers));
		this.nginx = spawn(nginx, ["-p", this.folder, "-c", file, "-g", "daemon off;"], { stdio: "ignore" });
		for (let tries = 0; !existsSync(join(this.folder, "nginx.pid")); tries += 1) {
			const log = join(this.folder, "error.log");
			if (tries > 200) throw new Error(`nginx does not start: ${existsSync(log) ? readFileSync(log, "utf8") : ""}`);
			await pause(50);
		}
	}

	get setupLink() {
		return this.servers.map((server) => server.kept("setup-link")).find(Boolean);
	}

	/** A request to one of them, past nginx. */
	call(index, method, path, body) {
		this.servers[index].key = this.servers.map((server) => server.kept("admin-api-key")).find(Boolean);
		return this.servers[index].call(method, path, body);
	}

	async [Symbol.asyncDispose]() {
		const ended = new Promise((resolve) => this.nginx.once("exit", resolve));
		this.nginx.kill("SIGTERM");
		await ended;
		for (const server of this.servers) await server[Symbol.asyncDispose]();
		await this.s3.stop();
		rmSync(this.folder, { recursive: true, force: true });
	}
}

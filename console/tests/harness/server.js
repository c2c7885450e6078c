// A real server for a test: the executable that users run, with SQLite in a folder of its own, on ports that were free.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export const executables =
	process.env.OLIVINE_EXECUTABLES ?? new URL("../../../target/debug", import.meta.url).pathname;

/** A bound, in milliseconds: no command takes so long. */
const COMMAND_WITHIN = 60_000;

export class Server {
	/** Variables that it gets besides its own. */
	environment = {};

	static async start(...more) {
		const server = new Server();
		server.folder = mkdtempSync(join(tmpdir(), "olivine-console-"));
		server.data = join(server.folder, "data");
		await server.run(more);
		return server;
	}

	async run(more = []) {
		this.settings = more;
		const listen = ["--listen", this.url ? new URL(this.url).host : "127.0.0.1:0", "--device-listen", "127.0.0.1:0"];
		const args = ["serve", "--data-dir", this.data, ...listen, ...more];
		const env = { ...process.env, ...this.environment };
		// To a file: nobody would read a pipe while `peridio` runs, and a server whose log is full waits.
		const log = join(this.folder, "server.log");
		const file = openSync(log, "a");
		this.process = spawn(join(executables, "olivine"), args, { env, stdio: ["ignore", "ignore", file] });
		closeSync(file);
		const ready = join(this.data, "server.json");
		for (let tries = 0; !existsSync(ready); tries += 1) {
			if (tries > 600 || this.process.exitCode !== null)
				throw new Error(`the server does not start: ${readFileSync(log, "utf8").slice(-4000)}`);
			await pause(50);
		}
		const reached = JSON.parse(readFileSync(ready, "utf8"));
		this.url = reached.admin_url;
		this.deviceUrl = reached.device_url;
		this.key = this.kept("admin-api-key");
	}

	/** What it keeps in a file of its data folder, if it does. */
	kept(name) {
		const file = join(this.data, name);
		return existsSync(file) ? readFileSync(file, "utf8").trim() : null;
	}

	get setupLink() {
		return this.kept("setup-link");
	}

	/** What `peridio` prints, as a person would type it. */
	peridio(...args) {
		const env = { ...process.env, PERIDIO_BASE_URL: this.url, PERIDIO_API_KEY: this.key, HOME: this.folder };
		return this.#run(join(executables, "peridio"), args, env);
	}

	olivine(...args) {
		return this.#run(join(executables, "olivine"), [...args, "--data-dir", this.data], process.env);
	}

	/** Runs a command as a person would paste it into a terminal. */
	pasted(command) {
		const path = `${executables}:${process.env.PATH}`;
		const env = { PATH: path, PERIDIO_BASE_URL: this.url, PERIDIO_API_KEY: this.key, HOME: this.folder };
		return this.#run("sh", ["-ec", command], env);
	}

	#run(program, args, env) {
		const ran = spawnSync(program, args, { env, cwd: this.folder, encoding: "utf8", timeout: COMMAND_WITHIN });
		if (ran.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${ran.error ?? ran.stderr}`);
		return ran.stdout.trim();
	}

	/** A request with the admin's API key. */
	async call(method, path, body) {
		const headers = { authorization: `Bearer ${this.key}`, "content-type": "application/json" };
		const response = await fetch(this.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
		if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
		return response.status === 204 ? null : response.json();
	}

	async stop() {
		const ended = new Promise((resolve) => this.process.once("exit", resolve));
		this.process.kill("SIGTERM");
		await ended;
	}

	async [Symbol.asyncDispose]() {
		if (this.process.exitCode === null) await this.stop();
		rmSync(this.folder, { recursive: true, force: true });
	}
}

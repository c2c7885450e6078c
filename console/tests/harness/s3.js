// A storage with S3's interface: the one of the project's own tests. `null` where it is not built.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { executables } from "./server.js";

const program = process.env.TEST_S3 ?? join(executables, "test-s3");

export const isS3Built = existsSync(program);

/** Why pages can't send to it while their files come from a folder: a browser whose requests are held answers for the storage itself. */
export const lacksForPages = process.env.CONSOLE_DIST ? "not with CONSOLE_DIST" : false;

export class S3 {
	/** `origin`: from where pages may write into the bucket; without it the bucket has no rule for pages. */
	static async start(bucket, origin) {
		const s3 = new S3();
		s3.process = spawn(program, ["--listen", "127.0.0.1:0", "--bucket", bucket], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		s3.endpoint = await new Promise((resolve, reject) => {
			let said = "";
			s3.process.on("exit", () => reject(new Error(`the storage does not start: ${said}`)));
			s3.process.stdout.on("data", (text) => {
				said += text;
				const found = /AWS_ENDPOINT(?:_URL)?=(\S+)/.exec(said);
				if (found) resolve(found[1]);
			});
		});
		if (origin) await s3.#answerPagesOf(origin);
		return s3;
	}

	/** Puts a bucket's rule for pages in front of it, which the project's own storage has not: as S3 does it, for one origin and PUT. */
	async #answerPagesOf(origin) {
		const behind = new URL(this.endpoint);
		this.door = createServer((asked, answer) => {
			if (asked.headers.origin === origin) answer.setHeader("access-control-allow-origin", origin);
			if (asked.method === "OPTIONS") {
				const isAllowed = asked.headers.origin === origin && asked.headers["access-control-request-method"] === "PUT";
				if (!isAllowed) return answer.writeHead(403).end();
				const headers = asked.headers["access-control-request-headers"] ?? "";
				return answer
					.writeHead(200, { "access-control-allow-methods": "PUT", "access-control-allow-headers": headers })
					.end();
			}
			// With the host's name as it was asked, which is part of what is signed.
			const { method, url: path, headers } = asked;
			const passed = request({ hostname: behind.hostname, port: behind.port, method, path, headers }, (answered) => {
				answer.writeHead(answered.statusCode, answered.headers);
				answered.pipe(answer);
			});
			passed.on("error", () => answer.destroy());
			asked.pipe(passed);
		});
		await new Promise((resolve) => this.door.listen(0, "127.0.0.1", resolve));
		this.endpoint = `http://127.0.0.1:${this.door.address().port}`;
	}

	accessKeyId = "OLIVINETESTKEY";
	secretAccessKey = "secret/of+the/test";

	/** How a server finds it that keeps all its contents there. */
	get environment() {
		return {
			AWS_ENDPOINT_URL: this.endpoint,
			AWS_ACCESS_KEY_ID: this.accessKeyId,
			AWS_SECRET_ACCESS_KEY: this.secretAccessKey,
			AWS_REGION: "eu-test-1",
		};
	}

	async stop() {
		this.door?.close();
		this.door?.closeAllConnections();
		const ended = new Promise((resolve) => this.process.once("exit", resolve));
		this.process.kill("SIGTERM");
		await ended;
	}
}

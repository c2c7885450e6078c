// A storage with S3's interface: the one of the project's own tests. `null` where it is not built.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { executables } from "./server.js";

const program = process.env.TEST_S3 ?? join(executables, "test-s3");

export const isS3Built = existsSync(program);

export class S3 {
	static async start(bucket) {
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
		return s3;
	}

	accessKeyId = "OLIVINETESTKEY";
	secretAccessKey = "secret/of+the/test";

	stop() {
		this.process.kill("SIGTERM");
	}
}

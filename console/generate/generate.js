// Writes `src/api/generated/` from docs/openapi.json: the types of all requests and answers, which scope each operation needs, and which
// ones answer with a plan.
//
// A folder with packages of its own: openapi-typescript does not run with the TypeScript 7 that checks the console.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../../docs/openapi.json", import.meta.url);
const folder = new URL("../src/api/generated/", import.meta.url);
const document = JSON.parse(await readFile(source, "utf8"));
const scopes = Object.values(document.paths)
	.flatMap((path) => Object.values(path))
	.filter((operation) => operation["x-required-scope"])
	.map((operation) => [operation.operationId, operation["x-required-scope"]])
	.sort(([one], [other]) => (one < other ? -1 : 1));
const table = scopes.map(([id, scope]) => `\t${id}: "${scope}",\n`).join("");

await mkdir(folder, { recursive: true });
await writeFile(new URL("schema.d.ts", folder), astToString(await openapiTS(document)));
await writeFile(
	new URL("scopes.ts", folder),
	`// The scope that each operation needs. Operations that are not here need none.\nexport const scopes = {\n${table}} as const;\n`,
);

const plannable = Object.values(document.paths)
	.flatMap((path) => Object.values(path))
	.filter((operation) => operation.parameters?.some(({ in: where, name }) => where === "query" && name === "dry_run"))
	.map((operation) => `\t"${operation.operationId}",\n`)
	.sort();
await writeFile(
	new URL("plannable.ts", folder),
	`// Operations that answer with a plan if asked with \`dry_run\`.\nexport const plannable: readonly string[] = [\n${plannable.join("")}];\n`,
);

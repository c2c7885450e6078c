// Devices by the hundred and by the thousand.
import assert from "node:assert/strict";

/** A file of devices that are numbered. */
export const csv = (prefix, many, tags) =>
	[
		"identifier,tags",
		...Array.from({ length: many }, (_, at) => `${prefix}-${String(at + 1).padStart(6, "0")},${tags}`),
	]
		.join("\n")
		.concat("\n");

/** Devices of another kind, which have no place in the cohorts of the first. */
export function seedSensors(server) {
	server.peridio("products", "create", "--name", "sensor");
	for (const identifier of ["TH-000001", "TH-000002", "TH-000003"]) {
		server.peridio("devices", "create", "--identifier", identifier, "--product", "sensor");
	}
}

/** The devices that were imported without the page, for a list of this length. */
export async function seedMany(server, many) {
	const { cohorts } = await server.call("GET", "/v1/cohorts?limit=10");
	const stable = cohorts.find(({ name }) => name === "stable");
	const into = `product_prn=${stable.product_prn}&cohort_prn=${stable.prn}`;
	const answered = await fetch(`${server.url}/v1/devices/import?${into}`, {
		method: "POST",
		headers: { authorization: `Bearer ${server.key}`, "content-type": "text/csv" },
		body: csv("LN", many, ""),
	});
	const { created, problems } = await answered.json();
	assert.equal(created, many, JSON.stringify(problems));
}

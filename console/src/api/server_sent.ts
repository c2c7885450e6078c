// Reads server-sent events from a stream of text, as the HTML standard describes them.

export interface ServerSent {
	id: string | null;
	type: string;
	data: string;
}

function parse(block: string): ServerSent {
	const event: ServerSent = { id: null, type: "message", data: "" };
	const data: string[] = [];
	for (const line of block.split("\n")) {
		const colon = line.indexOf(":");
		const [field, value] = colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
		if (field === "id") event.id = value;
		if (field === "event") event.type = value;
		if (field === "data") data.push(value);
	}
	return { ...event, data: data.join("\n") };
}

/** The events of a stream as they arrive. */
export async function* readEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerSent> {
	const reader = stream.getReader();
	const decoder = new TextDecoder();
	let rest = "";
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		rest = (rest + decoder.decode(value, { stream: true })).replaceAll("\r\n", "\n");
		const blocks = rest.split("\n\n");
		rest = blocks.pop() ?? "";
		for (const block of blocks) yield parse(block);
	}
}

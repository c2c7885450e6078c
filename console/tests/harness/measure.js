// What a browser tells of a page's speed and weight: when its largest part was painted, how far things jumped, how long it took to answer
// a key, and what it keeps in memory.

/** Runs before the page's own scripts. */
function watch() {
	const seen = { lcp: 0, cls: 0, inp: 0, jumped: [] };
	window.__measured = seen;
	const follow = (type, heed, more = {}) =>
		new PerformanceObserver((list) => list.getEntries().forEach(heed)).observe({ type, buffered: true, ...more });
	const nameOf = (node) => `${node?.nodeName ?? "?"}.${node?.className ?? ""} ${node?.textContent?.slice(0, 40) ?? ""}`;
	follow("largest-contentful-paint", ({ startTime }) => {
		seen.lcp = startTime;
	});
	follow("layout-shift", ({ value, hadRecentInput, sources }) => {
		if (hadRecentInput) return;
		seen.cls += value;
		seen.jumped.push(...sources.map(({ node }) => nameOf(node)));
	});
	const slowest = ({ duration, interactionId }) => {
		if (interactionId) seen.inp = Math.max(seen.inp, duration);
	};
	follow("event", slowest, { durationThreshold: 16 });
}

/** 4G, and a processor of a quarter of this one's speed. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 };
const SLOWER = 4;

export class Meter {
	static async on(person) {
		const meter = new Meter();
		meter.page = person.page;
		await meter.page.addInitScript(watch);
		meter.session = await person.context.newCDPSession(meter.page);
		await meter.session.send("Performance.enable");
		return meter;
	}

	/** As on a phone underway, from now on. */
	async slowDown() {
		await this.session.send("Network.enable");
		await this.session.send("Network.emulateNetworkConditions", NETWORK);
		await this.session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
	}

	async asFastAsItIs() {
		const unlimited = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
		await this.session.send("Network.emulateNetworkConditions", unlimited);
		await this.session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
	}

	/** Since the page was loaded. */
	read() {
		return this.page.evaluate(() => window.__measured);
	}

	nodes() {
		return this.page.evaluate(() => document.querySelectorAll("*").length);
	}

	/** Bytes and nodes that are kept once all that can be thrown away is. */
	async kept() {
		await this.session.send("HeapProfiler.collectGarbage");
		const { metrics } = await this.session.send("Performance.getMetrics");
		const of = (name) => metrics.find((each) => each.name === name).value;
		return { bytes: of("JSHeapUsedSize"), nodes: of("Nodes"), listeners: of("JSEventListeners") };
	}
}

// A person at a browser. Whatever page they look at is also looked at by this harness: no error in the console, nothing that the page's
// policy refuses, no request to another server, nothing that stands in the way of people with aids, nothing that has to be scrolled sideways.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const shots = new URL("../../../target/console-shots/", import.meta.url).pathname;
mkdirSync(shots, { recursive: true });

const DESK = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };

/** What a theme changes nothing about is looked at in one of them. */
const ALL_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const RULES_OF_COLOUR = { type: "rule", values: ["color-contrast", "link-in-text-block"] };

let browser;

export async function openBrowser() {
	browser ??= await chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
		args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
	});
	return browser;
}

export async function closeBrowser() {
	await browser?.close();
	browser = undefined;
}

export class Person {
	/** What went wrong on the pages that they looked at. */
	problems = [];
	/** Answers of the server that this test expects, by status: a browser notes each refused request as an error. */
	expected = new Set([401]);
	/** Origins that it may ask besides the server's: those of storages. */
	storages = new Set();
	/** Requests that are not answered yet. */
	underway = new Set();

	static async arrive(server, options = {}) {
		const person = new Person();
		person.server = server;
		person.context = await (await openBrowser()).newContext({
			baseURL: server.url,
			viewport: DESK,
			reducedMotion: "reduce",
			permissions: ["clipboard-read", "clipboard-write"],
			...options,
		});
		await person.context.addInitScript(() => {
			document.addEventListener("securitypolicyviolation", (event) => {
				console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
			});
		});
		if (process.env.CONSOLE_DIST) await person.#takeFilesFrom(process.env.CONSOLE_DIST);
		person.page = await person.openTab();
		return person;
	}

	/** The files of a folder in place of those that the executable has, with its headers: while one works on the console. */
	async #takeFilesFrom(folder) {
		const types = { js: "text/javascript", css: "text/css", svg: "image/svg+xml", woff2: "font/woff2" };
		await this.context.route("**/*", async (route) => {
			const { pathname } = new URL(route.request().url());
			const file = /^\/assets\/[^/]+\/(.+)$/.exec(pathname)?.[1];
			if (file) {
				const body = readFileSync(`${folder}/assets/${file}`);
				return route.fulfill({ body, contentType: types[file.split(".").pop()] });
			}
			if (route.request().resourceType() !== "document" || pathname.startsWith("/docs")) return route.continue();
			const response = await route.fetch();
			return route.fulfill({
				response,
				body: readFileSync(`${folder}/index.html`, "utf8").replaceAll("~build~", "folder"),
			});
		});
	}

	async openTab() {
		const page = await this.context.newPage();
		page.setDefaultTimeout(10_000);
		page.on("pageerror", (error) => this.problems.push(`uncaught: ${error.message}`));
		page.on("console", (message) => {
			if (message.type() !== "error" && message.type() !== "warning") return;
			const status = /status of (\d+)/.exec(message.text());
			if (status && this.expected.has(Number(status[1]))) return;
			this.problems.push(`console: ${message.text()} (${message.location().url})`);
		});
		page.on("request", (request) => {
			const url = new URL(request.url());
			const isKnown = url.origin === this.server.url || this.storages.has(url.origin);
			const isOwn = isKnown || ["data:", "blob:"].includes(url.protocol);
			if (!isOwn) this.problems.push(`request to ${url.origin}`);
			if (!url.pathname.endsWith("/events/stream")) this.underway.add(request);
		});
		for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => this.underway.delete(request));
		// A worker's requests, and those of a page that was left, may never be said to end.
		page.on("framenavigated", () => this.underway.clear());
		return page;
	}

	async go(path) {
		await this.page.goto(path);
	}

	/** Goes to a page as a link does, without loading everything anew. */
	async visit(path) {
		await this.page.evaluate((to) => {
			history.pushState({}, "", to);
			dispatchEvent(new PopStateEvent("popstate", { state: {} }));
		}, path);
	}

	/** Waits until the page asks the server nothing any more. The event stream never ends. */
	async isQuiet() {
		const { page, underway } = this;
		for (let quiet = 0; quiet < 3; ) {
			await page.waitForTimeout(40);
			quiet = underway.size === 0 ? quiet + 1 : 0;
		}
	}

	/**
	 * Looks at the page as it is now, in all the ways that people do, and keeps pictures of it: of what is in the window, where the page is too
	 * long for a picture.
	 */
	async look(name, { isLong = false } = {}) {
		const { page } = this;
		await page.waitForFunction(() => !document.querySelector("main[aria-busy=true], .boot"));
		await this.#settle();
		// A dialog stands on what is seen of a page, not on all of it.
		const fullPage = !isLong && (await page.locator("[role=dialog], [role=alertdialog]").count()) === 0;
		// What stays in place while the rest moves would stand in the middle of a picture of the whole page. A menu closes when its page moves.
		if (fullPage && (await page.locator("[role=menu]").count()) === 0) await page.evaluate(() => window.scrollTo(0, 0));
		const theme = await page.evaluate(() => document.documentElement.dataset.theme);
		for (const each of ["light", "dark"]) {
			await page.evaluate((now) => {
				document.documentElement.dataset.theme = now;
			}, each);
			await this.#settle();
			await this.#checkAids(`${name} (${each})`, each === "light" ? ALL_RULES : RULES_OF_COLOUR);
			await page.screenshot({ path: `${shots}${name}-${each}.png`, fullPage });
		}
		await page.evaluate((before) => {
			document.documentElement.dataset.theme = before;
		}, theme);
		await page.setViewportSize(PHONE);
		await page.waitForTimeout(80);
		// An open menu goes to its new place a moment later.
		const fits = () => document.documentElement.scrollWidth <= document.documentElement.clientWidth;
		await page.waitForFunction(fits, null, { timeout: 1_000 }).catch(() => undefined);
		await this.#checkSideways(name);
		// As high as the page: what is fixed to the edge of the screen then stands at its end in the picture.
		const height = await page.evaluate(() => document.documentElement.scrollHeight);
		if (fullPage) await page.setViewportSize({ ...PHONE, height: Math.max(PHONE.height, height) });
		await page.screenshot({ path: `${shots}${name}-phone.png`, fullPage });
		await page.setViewportSize(DESK);
		this.assertNothingWrong(name);
	}

	/** Waits until nothing moves: a colour on its way to another one has the contrast of neither. */
	async #settle() {
		await this.page.evaluate(async () => {
			const moving = () => document.getAnimations().filter(({ playState }) => playState === "running");
			do {
				await Promise.allSettled(moving().map(({ finished }) => finished));
				for (let frames = 0; frames < 2; frames += 1) await new Promise(requestAnimationFrame);
			} while (moving().length > 0);
		});
	}

	async #checkAids(name, runOnly) {
		const { page } = this;
		if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
		const violations = await page.evaluate(async (rules) => {
			// Of what passes only the number would be asked.
			const found = await window.axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
			return found.violations;
		}, runOnly);
		for (const { id, help, nodes } of violations) {
			const where = nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`).slice(0, 3);
			this.problems.push(`axe ${id} on ${name}: ${help}\n      ${where.join("\n      ")}`);
		}
	}

	async #checkSideways(name) {
		const wide = await this.page.evaluate(() => {
			const { scrollWidth, clientWidth } = document.documentElement;
			if (scrollWidth <= clientWidth) return null;
			const over = [...document.querySelectorAll("body *")].find(
				(each) => each.getBoundingClientRect().right > clientWidth + 1,
			);
			return `${scrollWidth} px wide: ${over?.outerHTML.slice(0, 200)}`;
		});
		if (wide) this.problems.push(`${name} on a phone is ${wide}`);
	}

	assertNothingWrong(name) {
		const found = this.problems.splice(0);
		assert.equal(found.length, 0, `${name}:\n  ${[...new Set(found)].join("\n  ")}`);
	}

	// ---- what people do, by the words that they read ----

	field(label) {
		return this.page.getByLabel(label, { exact: true });
	}

	async type(label, text) {
		await this.field(label).fill(text);
	}

	async press(name) {
		await this.page.getByRole("button", { name, exact: true }).click();
	}

	async sees(text) {
		await this.page.getByText(text).first().waitFor();
	}

	async seesHeading(name) {
		await this.page.getByRole("heading", { name, exact: true }).first().waitFor();
	}

	async leave() {
		await this.context.close();
	}
}

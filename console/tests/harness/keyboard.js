// A person without a mouse: every step is a key. Whatever gets the focus on the way has to be seen, and no action may lose it.
import assert from "node:assert/strict";

/** What is wrong with the element that has the focus, for somebody who looks for it; `null` where nothing is. */
function problemOfFocus() {
	const focused = document.activeElement;
	if (!focused || focused === document.body) return null;
	// What is for readers only shows its focus on what stands for it: a file's field on the zone that it is dropped on.
	const shown = focused.closest(".visually-hidden")?.parentElement ?? focused;
	const { left, top, right, bottom, width, height } = shown.getBoundingClientRect();
	const name = focused.outerHTML.slice(0, 160);
	const points = [
		[left + width / 2, top + height / 2],
		[left + 3, top + 3],
		[right - 3, bottom - 3],
	];
	const isAt = ([x, y]) => {
		const there = document.elementFromPoint(x, y);
		return there !== null && (shown.contains(there) || there.contains(shown));
	};
	if (!points.some(isAt)) return `covered, or not on the screen: ${name}`;
	const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(shown);
	const isPlace = focused.tabIndex < 0;
	const isMarked = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1;
	return isMarked || isPlace || boxShadow !== "none" ? null : `has the focus, which is not seen: ${name}`;
}

const MOST_STEPS = 90;

export class Keyboard {
	constructor(person) {
		this.person = person;
		this.keyboard = person.page.keyboard;
	}

	async press(...keys) {
		for (const key of keys) await this.keyboard.press(key);
	}

	async type(text) {
		await this.keyboard.type(text);
	}

	/** Tabs along until the focus is at it. */
	async reach(role, name, key = "Tab") {
		const wanted = this.person.page.getByRole(role, { name, exact: typeof name === "string" });
		await wanted.first().waitFor();
		const passed = [];
		for (let steps = 0; steps < MOST_STEPS; steps += 1) {
			if (await wanted.evaluateAll((all) => all.includes(document.activeElement))) return;
			await this.press(key);
			const problem = await this.person.page.evaluate(problemOfFocus);
			if (problem) this.person.problems.push(problem);
			passed.push(await this.#where());
		}
		assert.fail(`no way by ${key} to the ${role} ${name}; passed:\n  ${[...new Set(passed)].join("\n  ")}`);
	}

	/** What is done with Enter, when the focus is at it. */
	async go(role, name) {
		await this.reach(role, name);
		await this.press("Enter");
	}

	/** Into a field, in place of what is there. */
	async write(label, text) {
		await this.reach("textbox", label);
		await this.press("Control+a");
		await this.type(text);
	}

	/** A file, by the system's own dialog. */
	async choose(label, path) {
		const field = this.person.page.getByLabel(label, { exact: true });
		await field.waitFor({ state: "attached" });
		for (let steps = 0; !(await field.evaluate((each) => each === document.activeElement)); steps += 1) {
			assert.ok(steps < MOST_STEPS, `no way to ${label}`);
			await this.press("Tab");
		}
		const opened = this.person.page.waitForEvent("filechooser");
		// Asking for the event is a message of its own, and keys overtake it where the page is busy. One that is answered comes after it.
		assert.ok(await field.evaluate((each) => each === document.activeElement), `the focus has left ${label}`);
		await this.press("Enter");
		await (await opened).setFiles(path);
	}

	/** An entry of a list of the system's kind, by arrows. */
	async select(label, entry) {
		await this.reach("combobox", label);
		const chosen = () => document.activeElement.selectedOptions?.[0]?.label;
		for (let steps = 0; (await this.person.page.evaluate(chosen)) !== entry; steps += 1) {
			assert.ok(steps < MOST_STEPS, `${entry} is not in ${label}`);
			await this.press("ArrowDown");
		}
	}

	/** Past the rail and the bar. */
	async skipToPage() {
		await this.reach("link", "Skip to the page");
		await this.press("Enter");
		await this.isIn("main");
	}

	/** After an action: somebody who reads by ear still is somewhere, and where the action was. */
	async isIn(selector) {
		const isThere = (where) =>
			document.activeElement?.closest(where) !== null && document.activeElement !== document.body;
		await this.person.page.waitForFunction(isThere, selector, { timeout: 3_000 }).catch(async () => {
			assert.fail(`the focus should be in ${selector}, and is at ${await this.#where()}`);
		});
	}

	#where() {
		return this.person.page.evaluate(() => {
			const { activeElement: at } = document;
			return `${at?.tagName.toLowerCase()} ${at?.getAttribute("aria-label") ?? at?.textContent?.slice(0, 60) ?? ""}`;
		});
	}
}

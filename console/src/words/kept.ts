// What this browser keeps between visits: choices of its user, never anything secret.

const PREFIX = "olivine.";

export function readKept(name: string): unknown {
	try {
		return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
	} catch {
		return null;
	}
}

export function keep(name: string, value: unknown): void {
	try {
		if (value === null) localStorage.removeItem(PREFIX + name);
		else localStorage.setItem(PREFIX + name, JSON.stringify(value));
	} catch {
		// Storage is off or full: the choice holds for this page.
	}
}

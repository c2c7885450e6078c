// Values that this browser keeps between visits: choices of the person, never anything secret.

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
		// Storage is disabled or full: the choice applies only to this page.
	}
}

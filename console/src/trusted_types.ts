// The page's policies for text that becomes HTML or code. The server's policy (Content-Security-Policy) allows no others.
//
// React Aria's announcer clears itself with `innerHTML = ""`. Only that is allowed; any other text as HTML is refused. Workers are started
// only from scripts of this server.

interface Rules {
	createHTML?: (text: string) => string;
	createScriptURL?: (url: string) => string;
}

interface Policy {
	createScriptURL: (url: string) => string;
}

interface Policies {
	createPolicy(name: string, rules: Rules): Policy;
}

const policies = (window as unknown as { trustedTypes?: Policies }).trustedTypes;

policies?.createPolicy("default", {
	createHTML: (text) => {
		if (text === "") return text;
		throw new TypeError("this page makes no HTML of text");
	},
});

function ownScript(url: string): string {
	const whole = new URL(url, window.location.href);
	if (whole.origin !== window.location.origin) throw new TypeError("workers are of this server only");
	return whole.href;
}

const workers = policies?.createPolicy("olivine", { createScriptURL: ownScript });

/** The URL of a worker, in the form that browsers with Trusted Types require. */
export function workerUrl(url: string): string {
	return workers ? workers.createScriptURL(url) : ownScript(url);
}

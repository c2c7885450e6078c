// The page's policies for text that becomes HTML or code. The server's policy (Content-Security-Policy) allows no others.
//
// React Aria's announcer empties itself by `innerHTML = ""`. Exactly that is allowed; any other text as HTML is refused.

interface Policies {
	createPolicy(name: string, rules: { createHTML: (text: string) => string }): unknown;
}

const policies = (window as unknown as { trustedTypes?: Policies }).trustedTypes;

policies?.createPolicy("default", {
	createHTML: (text) => {
		if (text === "") return text;
		throw new TypeError("this page makes no HTML of text");
	},
});

export {};

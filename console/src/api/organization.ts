// Which organization the page is about: the one that its path names (`/o/<name>/…`), or the only one that the person is in.

const NAMED = /^\/o\/([^/]+)/.exec(window.location.pathname);

/** The organization's name, where the path has it. */
export const organizationName: string | undefined = NAMED?.[1] ? decodeURIComponent(NAMED[1]) : undefined;

/** What all paths of this page begin with. */
export const basePath: string = NAMED?.[0] ?? "/";

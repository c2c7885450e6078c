// The organization of the page: the one in the path (`/o/<name>/…`), or the only organization of the person.

const NAMED = /^\/o\/([^/]+)/.exec(window.location.pathname);

/** The name of the organization, if the path contains it. */
export const organizationName: string | undefined = NAMED?.[1] ? decodeURIComponent(NAMED[1]) : undefined;

/** The prefix of all paths of this page. */
export const basePath: string = NAMED?.[0] ?? "/";

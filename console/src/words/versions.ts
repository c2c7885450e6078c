// The order of versions, for lists. The server decides which version a device gets.

const natural = new Intl.Collator("en", { numeric: true });

/** The part before a `-` or `+` counts first: `2.0.0` is newer than `2.0.0-rc.1`, as in semantic versions. */
function split(version: string): { base: string; prerelease: string } {
	const [base = "", ...rest] = (version.replace(/^v(?=\d)/, "").split("+")[0] ?? "").split("-");
	return { base, prerelease: rest.join("-") };
}

/** Orders versions, the newest first. */
export function newestFirst(one: string, other: string): number {
	const [mine, theirs] = [split(one), split(other)];
	const byBase = natural.compare(theirs.base, mine.base);
	if (byBase !== 0) return byBase;
	if (!mine.prerelease || !theirs.prerelease) return mine.prerelease.length - theirs.prerelease.length;
	return natural.compare(theirs.prerelease, mine.prerelease);
}

/** Formats a long command in several lines, each option with its value on one line. */
export function folded(command: string): string {
	if (command.length <= 64) return command;
	const [first = "", ...options] = command.split(/ (?=--)/);
	const lines = [first];
	for (const option of options) {
		const last = lines.at(-1) ?? "";
		if (last.length + option.length < 60) lines[lines.length - 1] = `${last} ${option}`;
		else lines.push(`  ${option}`);
	}
	return lines.join(" \\\n");
}

/** Quotes a word for a shell. */
export function quoted(word: string): string {
	if (/^[\w@%+=:,./-]+$/.test(word)) return word;
	// A search contains single quotes, so it is more readable in double quotes.
	if (word.includes("'") && !/["$`\\!]/.test(word)) return `"${word}"`;
	return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Fields as flags: ` --version-requirement '>= 1.0.0'`. An empty text is kept, because it removes the value. */
export function flags(values: Readonly<Record<string, string>>): string {
	return Object.entries(values)
		.map(([field, value]) => ` --${field.replaceAll("_", "-")} ${value ? quoted(value) : "''"}`)
		.join("");
}

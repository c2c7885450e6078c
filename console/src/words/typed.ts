/** Parses typed tags or identifiers, separated by spaces or commas. */
export const wordsIn = (typed: string): string[] => typed.split(/[\s,]+/).filter(Boolean);

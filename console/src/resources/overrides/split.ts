/** Tags or identifiers as somebody types them: with spaces or commas between. */
export const split = (words: string): string[] => words.split(/[\s,]+/).filter(Boolean);

/** Tags or identifiers as somebody types them: with spaces or commas between. */
export const wordsIn = (typed: string): string[] => typed.split(/[\s,]+/).filter(Boolean);

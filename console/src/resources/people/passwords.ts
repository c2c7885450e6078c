/** What passwords may be, in a sentence. The server decides. */
export const PASSWORD_HELP = "At least 12 characters. Four words that fit together are good.";

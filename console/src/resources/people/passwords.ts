/** The rules for passwords, as a sentence. The server checks them. */
export const PASSWORD_HELP = "At least 12 characters. Four words that fit together are good.";

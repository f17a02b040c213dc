/** The command did what it could, and something is left; the message says what. */
export class UnfinishedError extends Error {}

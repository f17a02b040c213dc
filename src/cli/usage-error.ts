/** The command was given something that it cannot work with; the message says what to do. */
export class UsageError extends Error {}

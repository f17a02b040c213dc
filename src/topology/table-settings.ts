/** How a table keeps its versions (KIP-889). */
export interface VersionedSettings {
  /** How long a value that was replaced can still be read, and how late an update may come: in event time. */
  readonly historyRetentionMs: number
}

/** Whose entries may have a time to live (ADR 0018). */
export interface Expiring {
  /** How long an entry lives after its timestamp, in stream time; left out: for ever. */
  readonly ttlMs?: number
}

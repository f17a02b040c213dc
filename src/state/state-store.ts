import type { Payload } from '../core/payload.ts'
import type { Serde } from '../serde/serde.ts'

/** Takes one changelog record; null `value` deletes. The arrays may be views: the sink copies what it keeps. */
export type ChangelogSink = (key: Payload, value: Payload | null, timestamp: number) => void

/**
 * A store of one task: a cache of its changelog (docs/adr/0005).
 *
 * Live values are kept in memory and serialized once per commit: the store remembers which entries changed and
 * `flushChangelog` hands their latest state to the sink, in a deterministic order. Restoring feeds the changelog's records back,
 * in offset order, before the first `put`; a store may not report restored entries as changed.
 */
export interface StateStore {
  readonly name: string
  /** Writes every entry that changed since the last flush to `sink` and forgets that it changed. */
  flushChangelog(sink: ChangelogSink): void
  /** Entries that wait for `flushChangelog`; the runtime commits early when this passes its limit. */
  readonly changedCount: number
  restore(key: Uint8Array, value: Uint8Array | null, timestamp: number): void
  /**
   * After a commit: everything that was derived from the records so far has been acknowledged. What a store may only then
   * write counts as changed, and is flushed at once.
   */
  committed?(): void
  /**
   * So much time has passed without input (ADR 0017): its stream time, if it has seen any, moves on by that. The changelog hears nothing
   * of it: a restored store is back at the time of its records.
   */
  elapse?(ms: number): void
  /** The largest timestamp of what was put or restored; -1 at first. From here time goes on in an idle task that was restarted. */
  readonly latestTimestamp?: number
  /** Live entries, for metrics and tests. */
  readonly entryCount: number
}

/** The serdes of a store, bound to its changelog topic. */
export interface StoreSerdes<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

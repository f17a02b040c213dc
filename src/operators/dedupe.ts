import type { StreamRecord } from '../core/stream-record.ts'
import type { WindowStore } from '../state/window-store.ts'
import type { ValueMapper } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'

export interface DedupeOptions<K, V, I> {
  readonly idOf: ValueMapper<K, V, I | null | undefined>
  readonly withinMs: number
  /** What becomes of a record that is too late to be judged. */
  readonly late: 'pass' | 'drop'
}

/** What a kept record came of: the n-th record that reached the operator on behalf of one input record. */
export interface DedupeOrigin {
  readonly topic: string
  readonly offset: number
  readonly ordinal: number
}

/** One entry for each record that was kept, under its key, its id and, as the window's start, its time. */
export type DedupeStore<K, I> = WindowStore<readonly [key: K, id: I], DedupeOrigin>

/**
 * Drops the repeats of an id. Scope of an id: the record's key. Stream time here is the largest time of a record that was
 * kept, so the store knows it after a restart as before. In this order:
 *
 * 1. A null key is dropped; a null id passes.
 * 2. The very record that was kept passes again. It comes twice when a crash lay between the changelog's write and the
 *    commit of the offsets, and its output may not have been written: without this rule at-least-once would lose it.
 * 3. A repeat is dropped: a kept record with the same key and id is remembered whose time is at most `within` away, on
 *    either side. Kept records are remembered while their time >= stream time - 2 * within.
 * 4. One with time < stream time - within is late: what it repeats may be forgotten. Passes unkept, or is dropped.
 * 5. All others are kept, and pass.
 *
 * So kept records of one id are always more than `within` apart, and rules 3 and 5 are exact for all that is not late.
 */
export class DedupeOperator<K, V, I> implements Operator<K | null, V, K, V> {
  readonly #options: DedupeOptions<K, V, I>
  readonly #store: DedupeStore<K, I>
  #context!: OperatorContext<K, V>
  #latest: DedupeOrigin = { topic: '', offset: -1, ordinal: 0 }

  constructor(options: DedupeOptions<K, V, I>, deps: { readonly store: DedupeStore<K, I> }) {
    this.#options = options
    this.#store = deps.store
  }

  init(context: OperatorContext<K, V>): void {
    this.#context = context
  }

  process(record: StreamRecord<K | null, V>): void {
    const { idOf, withinMs, late } = this.#options
    // Before the record is numbered: should it throw, the record may come again.
    const id = record.key === null ? null : (idOf(record.value, record.key) ?? null)
    const origin = this.#originOfNext()
    if (!hasKey(record)) return this.#context.drop('null-key')
    const { key, timestamp } = record
    if (id === null) return this.#context.forward(record)
    const slot = [key, id] as const
    const near = [...this.#store.fetchRange(slot, timestamp - withinMs, timestamp + withinMs)]
    if (near.some(([time, kept]) => time === timestamp && isSame(kept.value, origin))) {
      return this.#context.forward(record)
    }
    if (near.length > 0) return this.#context.drop('duplicate')
    if (timestamp >= this.#store.streamTime - withinMs) this.#store.put(slot, origin, timestamp, timestamp)
    else if (late === 'drop') return this.#context.drop('late')
    this.#context.forward(record)
  }

  /** Numbers the records that one input record becomes on its way here (flatMap, merge); the same ones when it is read again. */
  #originOfNext(): DedupeOrigin {
    const { topic, offset } = this.#context.metadata ?? noInput
    const { topic: lastTopic, offset: lastOffset, ordinal } = this.#latest
    const isNew = topic !== lastTopic || offset !== lastOffset
    this.#latest = { topic, offset, ordinal: isNew ? 0 : ordinal + 1 }
    return this.#latest
  }
}

/** From a punctuation: nothing that could be read again. */
const noInput = { topic: '', offset: -1 }

function isSame(kept: DedupeOrigin, { topic, offset, ordinal }: DedupeOrigin): boolean {
  return offset >= 0 && kept.offset === offset && kept.ordinal === ordinal && kept.topic === topic
}

function hasKey<K, V>(record: StreamRecord<K | null, V>): record is StreamRecord<K, V> {
  return record.key !== null
}

import type { Window } from '../core/windowed.ts'

/*
 * A question to a store and its answer in bytes: what goes between instances, and what readers make keys and values of. Going through the
 * bytes also makes every answer a copy: whoever gets it cannot change what the store holds.
 */

interface Bounded {
  readonly descending: boolean
  /** Entries at most. */
  readonly limit: number
}

export type RawQuery =
  /** `asOf`: the version that held then; null: the latest value. */
  | { readonly kind: 'get'; readonly key: Uint8Array; readonly asOf: number | null }
  /** Keys with `from <= key <= to`, null means no bound; `after`: only what comes after this key, in the order that is asked for. */
  | (Bounded & {
      readonly kind: 'range'
      readonly from: Uint8Array | null
      readonly to: Uint8Array | null
      readonly after: Uint8Array | null
    })
  /** The window or session of `key` with exactly these bounds. */
  | { readonly kind: 'window'; readonly key: Uint8Array; readonly start: number; readonly end: number }
  /** Windows that start in `[from, to]`, sessions that overlap it; of one key, or of all. */
  | (Bounded & {
      readonly kind: 'windows'
      readonly key: Uint8Array | null
      readonly from: number
      readonly to: number
    })
  | { readonly kind: 'count' }

export interface RawEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly timestamp: number
  readonly window: Window | null
  readonly partition: number
}

export type RawAnswer = { readonly entries: readonly RawEntry[] } | { readonly count: number }

/**
 * The order of answers: unsigned bytes of keys; windows by start, sessions by end and start, then by key. Each store answers in it, so the
 * answers of several are merged by it.
 */
function compareEntries(a: RawEntry, b: RawEntry, isSession: boolean): number {
  if (a.window !== null && b.window !== null) {
    const byTime = isSession ? a.window.end - b.window.end : 0
    if (byTime !== 0 || a.window.start !== b.window.start) return byTime || a.window.start - b.window.start
  }
  return Buffer.compare(a.key, b.key) || a.partition - b.partition
}

/** One answer of several; each has at most `limit` entries, and so has the whole. */
export function mergeAnswers(answers: readonly RawAnswer[], query: RawQuery, isSession: boolean): RawAnswer {
  if (query.kind === 'count') {
    return { count: answers.reduce((sum, answer) => sum + ('count' in answer ? answer.count : 0), 0) }
  }
  const lists = answers.map((answer) => ('entries' in answer ? answer.entries : []))
  const filled = lists.filter((list) => list.length > 0)
  const sign = 'descending' in query && query.descending ? -1 : 1
  const entries =
    filled.length <= 1 ? (filled[0] ?? []) : filled.flat().toSorted((a, b) => sign * compareEntries(a, b, isSession))
  return { entries: 'limit' in query ? entries.slice(0, query.limit) : entries }
}

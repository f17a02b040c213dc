import { json } from '../../src/serde/json.ts'
import { string } from '../../src/serde/string.ts'
import { topology } from '../../src/dsl/topology.ts'
import type { Topology } from '../../src/topology/topology.ts'

export interface Line {
  readonly id: number
  readonly words: readonly string[]
}

/**
 * Which lines hold each word: lines -> repartition by word -> a set union per word. The union of sets does not change when
 * a record is repeated, so the results are exactly known also after crashes of an at-least-once app.
 */
export const wordIds: Topology = topology('word-ids', (builder) => {
  builder
    .stream('lines', { key: string(), value: json<Line>() })
    .flatMap((line) => line.words.map((word) => ({ key: word, value: [line.id] })), {
      key: string(),
      value: json<number[]>(),
    })
    .groupByKey()
    .reduce((all, ids) => [...new Set([...all, ...ids])].sort((a, b) => a - b), { store: 'ids' })
    .toStream()
    .to('ids', { key: string(), value: json<number[]>() })
})

export const wordIdsTopics = {
  lines: 'lines',
  repartition: 'word-ids-ids-repartition',
  changelog: 'word-ids-ids-changelog',
  topology: 'word-ids-topology',
  ids: 'ids',
} as const

/** Lines with a few words out of a small vocabulary, the same for the same numbers. */
export function makeLines(count: number): readonly Line[] {
  const vocabulary = ['time', 'stream', 'table', 'window', 'grace', 'join', 'key']
  return Array.from({ length: count }, (_, id) => ({
    id,
    words: [...new Set([vocabulary[id % 7]!, vocabulary[(id * 3 + 1) % 7]!, vocabulary[(id * id) % 7]!])],
  }))
}

export function expectedIds(lines: readonly Line[]): Record<string, readonly number[]> {
  const ids: Record<string, number[]> = {}
  for (const line of lines) for (const word of line.words) (ids[word] ??= []).push(line.id)
  return ids
}

interface WrittenRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** The last value of each key: what a table or a compacted topic says. */
export function latestIds(records: readonly WrittenRecord[]): Record<string, readonly number[]> {
  const decoder = new TextDecoder()
  const entries = records.map(({ key, value }) => [
    decoder.decode(key ?? undefined),
    value === null ? null : JSON.parse(decoder.decode(value)),
  ])
  return Object.fromEntries(entries) as Record<string, readonly number[]>
}

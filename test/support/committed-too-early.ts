import { expect } from 'vitest'
import type { TopicPartition } from '../../src/core/topic-partition.ts'
import type { MemoryEvent, StoredRecord } from './memory-kafka.ts'
import { wordIdsTopics as topics, type Line } from './word-ids.ts'

/**
 * Replays what reached the broker: at every commit, each record derived from what is committed must be there already. Words
 * of committed lines are in the repartition topic; ids of committed repartition records are in the changelog.
 */
export function expectNothingCommittedTooEarly(events: readonly MemoryEvent[]): number {
  const derivedFrom = new Map<string, readonly string[]>()
  const written = new Set<string>()
  let checked = 0
  for (const event of events) {
    if (event.kind === 'append') noteAppended(event.record, derivedFrom, written)
    else {
      for (const name of event.offsets.flatMap(namesBelow)) {
        for (const derived of derivedFrom.get(name) ?? []) {
          expect(written.has(derived), `${name} is committed, but nothing has written ${derived}`).toBe(true)
          checked++
        }
      }
    }
  }
  return checked
}

const nameOf = (topic: string, partition: number, offset: number): string => `${topic}-${partition}@${offset}`

const namesBelow = ({ topic, partition, offset }: TopicPartition & { readonly offset: number }): string[] =>
  Array.from({ length: offset }, (_, at) => nameOf(topic, partition, at))

/** What the record says, as `topic word id`, and what must come of it. */
function noteAppended(record: StoredRecord, derivedFrom: Map<string, readonly string[]>, written: Set<string>): void {
  const { topic, partition, offset, key, value } = record
  if (topic === topics.topology) return
  const decode = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? undefined)
  const parsed: unknown = JSON.parse(decode(value))
  const name = nameOf(topic, partition, offset)
  if (topic === topics.lines) {
    const { id, words } = parsed as Line
    derivedFrom.set(
      name,
      words.map((word) => `${topics.repartition} ${word} ${id}`),
    )
    return
  }
  const ids = parsed as readonly number[]
  for (const id of ids) written.add(`${topic} ${decode(key)} ${id}`)
  if (topic !== topics.repartition) return
  const outputs = [topics.changelog, topics.ids]
  derivedFrom.set(
    name,
    outputs.flatMap((output) => ids.map((id) => `${output} ${decode(key)} ${id}`)),
  )
}

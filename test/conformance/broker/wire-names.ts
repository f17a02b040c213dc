/*
 * Questions in every version that the embedded broker serves, most of them wrong in some way. What the right answer is nobody has to
 * know: the real broker gives it, and the embedded one has to give the same.
 */
import type { ApiName, NewRequest } from '../../../src/protocol/messages/messages.ts'

/** What is there when the questions begin, and what is not. */
export interface Names {
  /** Of two partitions; the first has records 0 to 4 of the times 1000 to 5000. Retention is off. */
  readonly topic: string
  /** Compacted, of one partition, empty. */
  readonly compacted: string
  readonly missing: string
  /** Has committed offset 3 of the first partition, and no members. */
  readonly group: string
  readonly transactionalId: string
  /** Of the transactional id, whose transaction has the first partition in it. */
  readonly producerId: number
  readonly producerEpoch: number
}

type Body<A extends ApiName> = (names: Names, version: number) => Partial<NewRequest<A>>

export type Questions = { readonly [A in ApiName]?: Readonly<Record<string, Body<A>>> }

/** One that is there, and one that is not. */
export const partitionIndexes: number[] = [0, 9]

export const committing = (topic: string, more: object = {}): NewRequest<'OffsetCommit'>['topics'] => [
  { name: topic, partitions: [{ partitionIndex: 0, committedOffset: 2, committedMetadata: 'm', ...more }] },
]

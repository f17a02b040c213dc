import type { Replay } from './replay.ts'

/**
 * What is kept of a parked key, for each topic. Offsets are those of a record's first coming, `at` and `since` excepted; the
 * records themselves are in the dead-letter topic.
 */
export interface ParkMark {
  /** Where the key was parked. What is read again from before that, after a crash, has nothing to do with it. */
  readonly since: number
  /** Everything before it is resolved. */
  readonly next: number
  /** The record at `next` failed and must be the first to come back; otherwise the next one that a replay brings. */
  readonly blocked: boolean
  /** The newest record of the key in the dead-letter topic: when it is resolved, the key is free. */
  readonly last: number
  /** Where the input stood when this was written: what is read again up to here was decided before. */
  readonly at: number
  /** At which the record failed. */
  readonly node: string
}

/** `hold`: to the dead-letter topic, unprocessed. `repeat`: it was resolved before; a replay was made twice. */
export type Admission = 'pass' | 'hold' | 'repeat'

/** A record of a key: where it stands in its topic now, and what its replay says of it. */
export interface Arrival {
  readonly position: number
  readonly replay: Replay | undefined
}

/**
 * May this record of the key be processed? The records of a key are resolved in the order of their offsets, whatever replays do:
 * a replayed record passes when the one that must be first is resolved, and the one before it in its replay too.
 */
export function admission(mark: ParkMark | null, { position, replay }: Arrival): Admission {
  if (mark === null) return 'pass'
  if (replay === undefined) return position < mark.since ? 'pass' : 'hold'
  const { offset, previous, parked } = replay
  if (offset < mark.next) return parked && position > mark.at ? 'repeat' : 'pass'
  if (offset === mark.next) return 'pass'
  return mark.blocked || previous >= mark.next ? 'hold' : 'pass'
}

/** It failed at a node that parks. */
export function poisoned(mark: ParkMark | null, arrival: Arrival, node: string): ParkMark {
  const { position } = arrival
  const offset = firstOffset(arrival)
  const since = mark === null ? position : mark.since
  const last = mark === null ? offset : Math.max(mark.last, offset)
  return { since, next: offset, blocked: true, last, at: position, node }
}

/** It goes to the dead-letter topic behind the others. */
export function heldBack(mark: ParkMark, arrival: Arrival): ParkMark {
  return { ...mark, last: Math.max(mark.last, firstOffset(arrival)), at: arrival.position }
}

/** A replayed record was processed. Null: it was the last one, and the key is free. */
export function resolved(mark: ParkMark, arrival: Arrival): ParkMark | null {
  const offset = firstOffset(arrival)
  if (offset < mark.next) return mark
  return offset >= mark.last ? null : { ...mark, next: offset + 1, blocked: false, at: arrival.position }
}

function firstOffset({ position, replay }: Arrival): number {
  return replay?.offset ?? position
}

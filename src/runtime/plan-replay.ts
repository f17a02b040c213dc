import type { Letter } from './letter.ts'
import type { OutgoingRecord } from './port.ts'
import { withReplay } from './replay.ts'

/** One record to bring back, and the letters that are done with by it: more than one where a crash had it written twice. */
export interface ReplayStep {
  readonly letter: Letter
  readonly letters: readonly Letter[]
  readonly discard: boolean
  /** Null where there is nothing to send: it is given up, and nothing waits behind it. */
  readonly record: OutgoingRecord | null
}

/**
 * What a replay sends, in order: by topic, partition and offset, hence each key's records as they came. Each parked record names the
 * one before it, so that the task lets none through whose predecessor did not come through (ParkMark).
 *
 * @param isGivenUp the record is not to be processed again
 */
export function planReplay(letters: readonly Letter[], isGivenUp: (letter: Letter) => boolean): readonly ReplayStep[] {
  const previous = new Map<string, number>()
  return onePerRecord(letters).map((same) => {
    const letter = best(same)
    const discard = isGivenUp(letter)
    const chain = chainOf(letter)
    const before = previous.get(chain) ?? -1
    if (letter.parked !== null) previous.set(chain, letter.offset ?? -1)
    const record = discard && letter.parked === null ? null : recordOf(letter, before, discard)
    return { letter, letters: same, discard, record }
  })
}

/** Parked letters with the same chain belong to one key: they are replayed together or not at all. */
export function chainOf({ topic, partition, key }: Letter): string {
  return JSON.stringify([topic, partition, key === null ? null : Buffer.from(key).toString('latin1')])
}

function recordOf(letter: Letter, previous: number, discard: boolean): OutgoingRecord {
  const { topic, partition, offset, key, value, timestamp, headers, attempts, path } = letter
  const record = { topic, partition, key, value, timestamp, headers }
  if (offset === null) return record // it never was in a topic: it goes where it was going
  const replay = { offset, previous, attempts, parked: letter.parked !== null, discard, path }
  return { ...record, headers: withReplay(headers, replay) }
}

function onePerRecord(letters: readonly Letter[]): readonly (readonly Letter[])[] {
  const groups = new Map<string, Letter[]>()
  for (const letter of letters) {
    const { topic, partition, offset, place } = letter
    const name = JSON.stringify([topic, partition, offset ?? [place.partition, place.offset]])
    groups.set(name, [...(groups.get(name) ?? []), letter])
  }
  return [...groups.values()].toSorted(([a], [b]) => compare(a!, b!))
}

/** What never got an offset comes last, in the order in which it failed. */
function compare(a: Letter, b: Letter): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  const offset = (letter: Letter): number => letter.offset ?? Number.MAX_SAFE_INTEGER
  return (
    a.partition - b.partition ||
    offset(a) - offset(b) ||
    a.place.partition - b.place.partition ||
    a.place.offset - b.place.offset
  )
}

/** The newest that says where it failed, for it says most. */
function best(letters: readonly Letter[]): Letter {
  return letters.findLast(({ parked }) => parked === 'poisoned') ?? letters.at(-1)!
}

import { chainOf } from '../runtime/plan-replay.ts'
import type { Letter } from '../runtime/letter.ts'
import { readable } from './readable.ts'

/** Which letters are meant; what is left out does not matter. */
export interface LetterFilter {
  readonly key?: string
  readonly node?: string
  readonly sourceTopic?: string
}

export function matches(letter: Letter, { key, node, sourceTopic }: LetterFilter): boolean {
  if (key !== undefined && !(letter.key !== null && isKey(letter.key, key))) return false
  if (node !== undefined && letter.node !== node) return false
  return sourceTopic === undefined || letter.topic === sourceTopic
}

/** As `list` shows it, or its text. */
function isKey(bytes: Uint8Array, key: string): boolean {
  return readable(bytes) === key || Buffer.compare(bytes, Buffer.from(key)) === 0
}

/** The letters that match, and all that wait in one queue with them: a key's parked records cannot be taken one by one. */
export function selectForReplay(letters: readonly Letter[], filter: LetterFilter): readonly Letter[] {
  const chains = new Set(letters.filter((letter) => isParked(letter) && matches(letter, filter)).map(chainOf))
  return letters.filter((letter) => (isParked(letter) ? chains.has(chainOf(letter)) : matches(letter, filter)))
}

function isParked({ parked }: Letter): boolean {
  return parked !== null
}

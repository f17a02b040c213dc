import { seededRandom } from 'millrace'
import type { Input } from '../../unit/runtime/plan-instance.ts'

const recordsEach = 40

/** Few keys, equal timestamps, gaps, nulls; unless they are `ordered`, one in three comes late. */
export function caseInputs(seed: number, topics: readonly string[], ordered: boolean): readonly Input[] {
  const random = seededRandom(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  let time = 0
  return Array.from({ length: recordsEach }, () => {
    time += [0, 0, 1, 1, 2, 3, 7, 30][below(8)]!
    const late = ordered || below(3) > 0 ? 0 : below(25)
    return {
      topic: topics[below(topics.length)]!,
      key: ['a', 'b', 'c', 'a', 'b', null][below(6)]!,
      value: below(6) === 0 ? null : `${below(10)}`,
      timestamp: Math.max(0, time - late),
    }
  })
}

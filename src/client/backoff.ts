import type { Random } from '../core/random.ts'

const backoffMs = 50
const backoffMsMax = 1_000
const jitter = 0.2

/** The time before the next try: doubled each time up to a second, and spread a little, as clients fail together (KIP-580). */
export function backoff(attempt: number, random: Random): number {
  const wait = Math.min(backoffMs * 2 ** Math.min(attempt, 10), backoffMsMax)
  return wait * (1 - jitter + 2 * jitter * random())
}

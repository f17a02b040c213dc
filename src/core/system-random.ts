import type { Random } from './random.ts'

/** Chance as the machine has it. The one place in `src/` that draws on it. */
export const systemRandom: Random = () => Math.random()

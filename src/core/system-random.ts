import { randomBytes } from 'node:crypto'
import type { Random } from './random.ts'

/** Chance as the machine has it. This file is the one place in `src/` that draws on it. */
export const systemRandom: Random = () => Math.random()

/** A text that nobody can guess, for secrets; without commas. */
export const systemNonce = (): string => randomBytes(24).toString('base64url')

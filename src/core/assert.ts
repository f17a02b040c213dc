import { InvariantError } from './errors.ts'

/** Stops the app when something that must always hold does not. For bugs of ours, never for bad input. */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message())
}

/** Marks a branch that the type checker has shown to be impossible. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${String(value)}`)
}

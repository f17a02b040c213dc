import type { Serde } from './serde.ts'

/**
 * The same serde, with a type that says that null keys or values may reach your functions (a topic with tombstones read
 * as a stream). Only the type changes: null is null on the wire and never reaches a serde.
 */
export function nullable<T>(serde: Serde<T>): Serde<T | null> {
  return serde as Serde<T | null>
}

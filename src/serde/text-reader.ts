import type { Serde } from './serde.ts'

/** How a value is read of a text whose UTF-8 bytes `deserialize` would read. */
export type TextReader<T> = (text: string) => T

/**
 * By the serde itself, not by a field of it: who spreads a serde to put a `deserialize` of his own into it must not find that
 * nobody calls it.
 */
const readers = new WeakMap<object, TextReader<unknown>>()

/** Of a serde whose bytes are UTF-8 text: it need not be given a view of the bytes. */
export function readsText<T>(serde: Serde<T>, reader: TextReader<T>): Serde<T> {
  const frozen = Object.freeze(serde)
  readers.set(frozen, reader)
  return frozen
}

export function textReaderOf<T>(serde: Serde<T>): TextReader<T> | undefined {
  return readers.get(serde) as TextReader<T> | undefined
}

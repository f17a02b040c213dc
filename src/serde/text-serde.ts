import type { Payload } from '../core/payload.ts'
import type { Serde } from './serde.ts'

/** The text whose UTF-8 bytes a serde reads and writes. */
export interface TextForm<T> {
  /** What `deserialize` makes of the text's bytes. */
  read(text: string): T
  /** Nothing of the text itself is in what `read` returns: it may be a part of a larger text, which nobody keeps alive then. */
  readonly letsGo: boolean
  /** The text of the bytes that `serialize` makes. @throws as `serialize` */
  write(value: T): string
}

/**
 * By the serde itself, not by a field of it: who spreads a serde to put functions of his own into it must not find that nobody
 * calls them.
 */
const forms = new WeakMap<object, TextForm<unknown>>()

/** A serde whose bytes are UTF-8 text: it need not be given a view of them, nor make an array. */
export function textSerde<T>(serde: Serde<T>, form: TextForm<T>): Serde<T> {
  const frozen = Object.freeze(serde)
  forms.set(frozen, form as TextForm<unknown>)
  return frozen
}

export function textFormOf<T>(serde: Serde<T>): TextForm<T> | undefined {
  return forms.get(serde) as TextForm<T> | undefined
}

/** What the serde writes, as text where that is what it writes. */
export function payloadWriter<T>(serde: Serde<T>): (value: T) => Payload {
  return textFormOf(serde)?.write ?? ((value) => serde.serialize(value))
}

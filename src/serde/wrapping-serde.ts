import { SerializationError } from '../core/errors.ts'
import type { Serde } from './serde.ts'

/** How a serde lays out the bytes of an inner one among its own. */
export interface WrappingLayout<I, O> {
  /** What is put before the inner serde's name, for example `change`. */
  readonly name: string
  serialize(value: O, inner: Serde<I>): Uint8Array
  deserialize(bytes: Uint8Array, inner: Serde<I>): O
  /** The views on the inner serde's bytes. @throws SerializationError when `bytes` do not have this layout */
  innerBytes(bytes: Uint8Array): readonly Uint8Array[]
}

/** A serde around another one, which is bound and primed exactly as the inner one asks. */
export function wrappingSerde<I, O>(inner: Serde<I>, layout: WrappingLayout<I, O>): Serde<O> {
  return {
    name: `${layout.name}(${inner.name})`,
    serialize: (value) => layout.serialize(value, inner),
    deserialize: (bytes) => layout.deserialize(bytes, inner),
    ...(inner.bind !== undefined && {
      bind: async (environment) => wrappingSerde(await inner.bind!(environment), layout),
    }),
    ...(inner.prime !== undefined && { prime: (bytes) => primeAll(inner, layout, bytes) }),
  }
}

function primeAll<I, O>(inner: Serde<I>, layout: WrappingLayout<I, O>, bytes: Uint8Array): Promise<void> | undefined {
  const waiting = innerBytesOrNone(layout, bytes).flatMap((part) => inner.prime!(part) ?? [])
  return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined)
}

/** Malformed bytes need no priming: `deserialize` meets them next and says what is wrong, to the decode handler. */
function innerBytesOrNone<I, O>(layout: WrappingLayout<I, O>, bytes: Uint8Array): readonly Uint8Array[] {
  try {
    return layout.innerBytes(bytes)
  } catch (error) {
    if (error instanceof SerializationError) return []
    throw error
  }
}

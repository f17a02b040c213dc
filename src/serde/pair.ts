import { SerializationError } from '../core/errors.ts'
import { asBuffer } from './as-buffer.ts'
import type { Serde, SerdeEnvironment } from './serde.ts'

const lengthBytes = 4

/**
 * Two values in one: the length of the first (int32, big-endian), the first, the second. Each is bound and primed as it
 * asks; schemas of the second go under `<topic>-second`, because they have nothing to do with those of the first.
 */
export function pair<A, B>(first: Serde<A>, second: Serde<B>): Serde<readonly [A, B]> {
  const needsBinding = first.bind !== undefined || second.bind !== undefined
  const needsPriming = first.prime !== undefined || second.prime !== undefined
  return {
    name: `pair(${first.name}, ${second.name})`,
    serialize: ([a, b]) => joined(first.serialize(a), second.serialize(b)),
    deserialize(bytes) {
      const length = firstLength(bytes)
      return [first.deserialize(firstOf(bytes, length)), second.deserialize(secondOf(bytes, length))]
    },
    ...(needsBinding && { bind: (environment) => bound(first, second, environment) }),
    ...(needsPriming && { prime: (bytes) => primed(first, second, bytes) }),
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(lengthBytes + a.length + b.length)
  bytes.writeInt32BE(a.length)
  bytes.set(a, lengthBytes)
  bytes.set(b, lengthBytes + a.length)
  return bytes
}

async function bound<A, B>(
  first: Serde<A>,
  second: Serde<B>,
  environment: SerdeEnvironment,
): Promise<Serde<readonly [A, B]>> {
  const own = { ...environment, topic: `${environment.topic}-second` }
  return pair((await first.bind?.(environment)) ?? first, (await second.bind?.(own)) ?? second)
}

function primed(first: Serde<unknown>, second: Serde<unknown>, bytes: Uint8Array): Promise<void> | undefined {
  const length = lengthOrNone(bytes)
  // Malformed bytes need no priming: `deserialize` meets them next and says what is wrong.
  if (length === undefined) return undefined
  const waiting = [first.prime?.(firstOf(bytes, length)), second.prime?.(secondOf(bytes, length))]
  const promises = waiting.filter((one) => one !== undefined)
  return promises.length === 0 ? undefined : Promise.all(promises).then(() => undefined)
}

const firstOf = (bytes: Uint8Array, length: number): Uint8Array => bytes.subarray(lengthBytes, lengthBytes + length)
const secondOf = (bytes: Uint8Array, length: number): Uint8Array => bytes.subarray(lengthBytes + length)

function firstLength(bytes: Uint8Array): number {
  const length = lengthOrNone(bytes)
  if (length !== undefined) return length
  throw new SerializationError('decode', `the ${bytes.length} bytes are not a pair: the length of its first is wrong`)
}

function lengthOrNone(bytes: Uint8Array): number | undefined {
  if (bytes.length < lengthBytes) return undefined
  const length = asBuffer(bytes).readInt32BE(0)
  return length >= 0 && length <= bytes.length - lengthBytes ? length : undefined
}

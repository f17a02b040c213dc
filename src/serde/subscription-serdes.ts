import { SerializationError } from '../core/errors.ts'
import {
  valueHashLength,
  type Subscription,
  type SubscriptionRequest,
  type SubscriptionResponse,
} from '../core/subscription.ts'
import { asBuffer } from './as-buffer.ts'
import type { Serde } from './serde.ts'
import { wrappingSerde } from './wrapping-serde.ts'

/*
 * Values of the two topics of a foreign-key join, big-endian:
 *
 *   subscription  flags | version, request, hash (16 bytes, unless null), primary key, int32 primary partition
 *   response      flags | version, hash (16 bytes, unless null), int32 primary partition, right value or, where that is null,
 *                 hash of the foreign key (16 bytes; none without one)
 *
 * The first is Kafka Streams' layout. Its second takes an empty value for none, so that an empty string on the right reads as a
 * tombstone, and knows neither partition nor foreign key.
 */

const version = 1
const versionMask = 0x3f
const nullHash = 0x80
const nullValue = 0x40
const partitionBytes = 4

/** Their places are their numbers on the wire. */
const requests: readonly SubscriptionRequest[] = [
  'unsubscribe',
  'unsubscribe-and-answer',
  'subscribe',
  'subscribe-if-found',
]

export function subscriptionSerde<PK>(primaryKey: Serde<PK>): Serde<Subscription<PK>> {
  return wrappingSerde<PK, Subscription<PK>>(primaryKey, {
    name: 'subscription',
    serialize(subscription, keys) {
      const { hash, request, primaryPartition } = subscription
      const key = keys.serialize(subscription.primaryKey)
      const keyAt = 2 + hashBytes(hash)
      const bytes = Buffer.allocUnsafe(keyAt + key.length + partitionBytes)
      bytes[0] = version | (hash === null ? nullHash : 0)
      bytes[1] = requests.indexOf(request)
      if (hash !== null) bytes.write(hash, 2, 'latin1')
      bytes.set(key, keyAt)
      bytes.writeInt32BE(primaryPartition, keyAt + key.length)
      return bytes
    },
    deserialize(bytes, keys) {
      const hash = readHash(bytes, 2)
      const request = requests[bytes[1]!]
      if (request === undefined) throw malformed(`request ${bytes[1]}`)
      return {
        hash,
        request,
        primaryKey: keys.deserialize(primaryKeyBytes(bytes)),
        primaryPartition: asBuffer(bytes).readInt32BE(bytes.length - partitionBytes),
      }
    },
    innerBytes: (bytes) => [primaryKeyBytes(bytes)],
  })
}

export function subscriptionResponseSerde<V>(rightValue: Serde<V>): Serde<SubscriptionResponse<V>> {
  return wrappingSerde<V, SubscriptionResponse<V>>(rightValue, {
    name: 'subscription-response',
    serialize({ hash, value, foreignKeyHash, primaryPartition }, values) {
      const valueBytes = value === null ? Buffer.from(foreignKeyHash ?? '', 'latin1') : values.serialize(value)
      const partitionAt = 1 + hashBytes(hash)
      const bytes = Buffer.allocUnsafe(partitionAt + partitionBytes + valueBytes.length)
      bytes[0] = version | (hash === null ? nullHash : 0) | (value === null ? nullValue : 0)
      if (hash !== null) bytes.write(hash, 1, 'latin1')
      bytes.writeInt32BE(primaryPartition, partitionAt)
      bytes.set(valueBytes, partitionAt + partitionBytes)
      return bytes
    },
    deserialize(bytes, values) {
      const hash = readHash(bytes, 1)
      const [valueBytes] = responseValueBytes(bytes)
      const buffer = asBuffer(bytes)
      const partitionAt = 1 + hashBytes(hash)
      const foreignKeyHash = buffer.toString('latin1', partitionAt + partitionBytes)
      return {
        hash,
        value: valueBytes === undefined ? null : values.deserialize(valueBytes),
        foreignKeyHash: valueBytes === undefined && foreignKeyHash !== '' ? foreignKeyHash : null,
        primaryPartition: buffer.readInt32BE(partitionAt),
      }
    },
    innerBytes: responseValueBytes,
  })
}

function hashBytes(hash: string | null): number {
  return hash === null ? 0 : valueHashLength
}

function readHash(bytes: Uint8Array, at: number): string | null {
  checkVersion(bytes)
  return (bytes[0]! & nullHash) === 0 ? asBuffer(bytes).toString('latin1', at, at + valueHashLength) : null
}

function primaryKeyBytes(bytes: Uint8Array): Uint8Array {
  checkVersion(bytes)
  return bytes.subarray(2 + hashLengthOf(bytes), bytes.length - partitionBytes)
}

function responseValueBytes(bytes: Uint8Array): readonly Uint8Array[] {
  checkVersion(bytes)
  return (bytes[0]! & nullValue) === 0 ? [bytes.subarray(1 + hashLengthOf(bytes) + partitionBytes)] : []
}

function hashLengthOf(bytes: Uint8Array): number {
  return (bytes[0]! & nullHash) === 0 ? valueHashLength : 0
}

function checkVersion(bytes: Uint8Array): void {
  const found = bytes[0]
  if (found === undefined || (found & versionMask) !== version) {
    throw malformed(found === undefined ? 'no bytes' : `version ${found & versionMask}`)
  }
  if (bytes.length < 1 + hashLengthOf(bytes) + partitionBytes) throw malformed(`${bytes.length} bytes`)
}

function malformed(found: string): SerializationError {
  return new SerializationError('decode', `not a message of a foreign-key join: ${found}`)
}

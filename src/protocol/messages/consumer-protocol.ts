/*
 * What members of a group of consumers tell each other in JoinGroup and SyncGroup: a version, then a message. A reader takes what
 * it knows of a newer version, which only may have appended fields (ConsumerProtocol of Kafka).
 */
import { ProtocolError } from '../../core/errors.ts'
import { ByteReader } from '../wire/byte-reader.ts'
import type { Decoded, Encodable, Fields } from '../wire/message-table.ts'
import { MessageWriter } from '../wire/message-writer.ts'
import { structCodec } from '../wire/struct-codec.ts'

/** The newest version that Millrace knows. */
export const consumerProtocolVersion = 3

/** Which topics a member wants, and what it has: partitions of cooperative members (KIP-429), their generation (KIP-792), a rack. */
export const subscriptionFields = {
  topics: 'string[]',
  userData: 'bytes? = null',
  ownedPartitions: { $: '[] 1+ ignorable', topic: 'string', partitions: 'int32[]' },
  generationId: 'int32 2+ = -1 ignorable',
  rackId: 'string? 3+ = null ignorable',
} as const

/** Which partitions a member gets. */
export const assignmentFields = {
  assignedPartitions: { $: '[]', topic: 'string', partitions: 'int32[]' },
  userData: 'bytes? = null',
} as const

export type ConsumerSubscription = Decoded<typeof subscriptionFields>
export type ConsumerAssignment = Decoded<typeof assignmentFields>

export function encodeConsumerSubscription(
  subscription: Encodable<typeof subscriptionFields>,
  version: number = consumerProtocolVersion,
): Buffer {
  return encode(subscriptionFields, subscription, version)
}

/** @throws ProtocolError when the bytes are no subscription */
export function decodeConsumerSubscription(bytes: Buffer): ConsumerSubscription {
  return decode(subscriptionFields, bytes)
}

export function encodeConsumerAssignment(
  assignment: Encodable<typeof assignmentFields>,
  version: number = consumerProtocolVersion,
): Buffer {
  return encode(assignmentFields, assignment, version)
}

/** @throws ProtocolError when the bytes are no assignment */
export function decodeConsumerAssignment(bytes: Buffer): ConsumerAssignment {
  return decode(assignmentFields, bytes)
}

function encode<F extends Fields>(fields: F, message: Encodable<F>, version: number): Buffer {
  const writer = new MessageWriter()
  writer.int16(version)
  structCodec(fields, { version, flexible: false }).write(writer, message)
  return writer.bytes()
}

function decode<F extends Fields>(fields: F, bytes: Buffer): Decoded<F> {
  const reader = new ByteReader(bytes)
  const theirs = reader.int16()
  if (theirs < 0) throw new ProtocolError(`corrupt data: version ${theirs} of the consumer protocol`)
  const version = Math.min(theirs, consumerProtocolVersion)
  return structCodec(fields, { version, flexible: false }).read(reader) as unknown as Decoded<F>
}

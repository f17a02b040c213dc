/*
 * What members of a group tell one another about where they are: the user data of Kafka's consumer protocol (ConsumerProtocol
 * Subscription and Assignment), as JSON. Every implementation of the port writes and reads these, so that instances on different clients
 * can share a group. Unknown fields are passed over, and so is what cannot be read: a stranger in the group must not end it.
 *
 *   subscription  {"address":"host:8080"}
 *   assignment    {"members":[{"address":"host:8080","partitions":{"orders":[0,2]}}, ...]}
 */
import type { TopicPartition } from '../core/topic-partition.ts'
import type { MemberPlace } from './port.ts'

const nothing = new Uint8Array(0)

export function encodeAddress(address: string | undefined): Uint8Array {
  return address === undefined ? nothing : encode({ address })
}

export function decodeAddress(bytes: Uint8Array): string | null {
  return textOf(decode(bytes).address)
}

/** Nothing when nobody has an address: then nobody could be asked anyway. */
export function encodePlaces(members: readonly MemberPlace[]): Uint8Array {
  if (members.every(({ address }) => address === null)) return nothing
  return encode({ members: members.map(({ address, partitions }) => ({ address, partitions: byTopic(partitions) })) })
}

export function decodePlaces(bytes: Uint8Array): readonly MemberPlace[] {
  const { members } = decode(bytes)
  if (!Array.isArray(members)) return []
  return members.filter(isObject).map(({ address, partitions }) => ({
    address: textOf(address),
    partitions: isObject(partitions)
      ? Object.entries(partitions).flatMap(([topic, of]) => partitionsOf(topic, of))
      : [],
  }))
}

function byTopic(partitions: readonly TopicPartition[]): Record<string, number[]> {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return Object.fromEntries(topics)
}

function partitionsOf(topic: string, numbers: unknown): readonly TopicPartition[] {
  if (!Array.isArray(numbers)) return []
  return numbers.filter((each) => Number.isInteger(each)).map((partition: number) => ({ topic, partition }))
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function encode(data: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(data))
}

function decode(bytes: Uint8Array): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isObject(data) ? data : {}
  } catch {
    return {}
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

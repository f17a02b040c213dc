import { AssignerProtocol } from 'kafkajs'
import { expect, test } from 'vitest'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../src/client/group-protocol.ts'

const owned = [
  { topic: 'b', partition: 2 },
  { topic: 'b', partition: 0 },
  { topic: 'a', partition: 1 },
]

const none = Buffer.alloc(0)

test('a member says what it reads, what it owned, and what else the others should know', () => {
  const subscription = { topics: ['a', 'b'], owned, userData: Buffer.from('me') }
  expect(decodeSubscription(encodeSubscription(subscription))).toEqual(subscription)
  expect(decodeSubscription(encodeSubscription({ ...subscription, userData: none })).userData).toEqual(none)
})

test('a member that does not say what it owned owned nothing', () => {
  const theirs = AssignerProtocol.MemberMetadata.encode({ version: 0, topics: ['a'], userData: Buffer.alloc(0) })
  expect(decodeSubscription(theirs)).toEqual({ topics: ['a'], owned: [], userData: none })
})

test("an assignment is what other clients and Kafka's tools read", () => {
  const bytes = encodeAssignment({ partitions: owned, userData: Buffer.from('all') })
  expect(decodeAssignment(bytes)).toEqual({ partitions: owned, userData: Buffer.from('all') })
  const theirs = AssignerProtocol.MemberAssignment.decode(bytes)
  expect(theirs).toMatchObject({ assignment: { b: [2, 0], a: [1] }, userData: Buffer.from('all') })
})

test('no assignment at all is an empty one', () => {
  expect(decodeAssignment(none)).toEqual({ partitions: [], userData: none })
})

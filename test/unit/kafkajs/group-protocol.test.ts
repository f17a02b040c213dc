import { AssignerProtocol } from 'kafkajs'
import { expect, test } from 'vitest'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../src/kafkajs/group-protocol.ts'

const owned = [
  { topic: 'b', partition: 2 },
  { topic: 'b', partition: 0 },
  { topic: 'a', partition: 1 },
]

test('a member says what it reads and what it owned', () => {
  expect(decodeSubscription(encodeSubscription({ topics: ['a', 'b'], owned }))).toEqual({ topics: ['a', 'b'], owned })
})

test('a member that does not say what it owned owned nothing', () => {
  const theirs = AssignerProtocol.MemberMetadata.encode({ version: 0, topics: ['a'], userData: Buffer.alloc(0) })
  expect(decodeSubscription(theirs)).toEqual({ topics: ['a'], owned: [] })
})

test("an assignment is what other clients and Kafka's tools read", () => {
  const bytes = encodeAssignment(owned)
  expect(decodeAssignment(bytes)).toEqual(owned)
  expect(AssignerProtocol.MemberAssignment.decode(bytes)?.assignment).toEqual({ b: [2, 0], a: [1] })
})

test('no assignment at all is an empty one', () => {
  expect(decodeAssignment(Buffer.alloc(0))).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { SerializationError } from '../../../src/core/errors.ts'
import type { Subscription, SubscriptionResponse } from '../../../src/core/subscription.ts'
import { valueHash } from '../../../src/core/value-hash.ts'
import { string } from '../../../src/serde/string.ts'
import { subscriptionResponseSerde, subscriptionSerde } from '../../../src/serde/subscription-serdes.ts'

const hash = valueHash(Buffer.from('left'))

describe('messages of a foreign-key join', () => {
  test.each<Subscription<string>>([
    { request: 'subscribe', primaryKey: 'k\u00e9y', primaryPartition: 7, hash },
    { request: 'subscribe-if-found', primaryKey: '', primaryPartition: 0, hash },
    { request: 'unsubscribe', primaryKey: 'key', primaryPartition: 70_000, hash: null },
    { request: 'unsubscribe-and-answer', primaryKey: '', primaryPartition: 1, hash: null },
  ])('a subscription comes back as it went: $request', (subscription) => {
    const serde = subscriptionSerde(string())
    expect(serde.deserialize(serde.serialize(subscription))).toEqual(subscription)
  })

  test.each<SubscriptionResponse<string>>([
    { hash, value: 'right', foreignKeyHash: null, primaryPartition: 3 },
    { hash: null, value: null, foreignKeyHash: null, primaryPartition: 0 },
    { hash, value: null, foreignKeyHash: valueHash(Buffer.from('key')), primaryPartition: 1 },
    { hash, value: '', foreignKeyHash: null, primaryPartition: 2 },
  ])('an answer comes back as it went, an empty value is not a missing one: $value', (response) => {
    const serde = subscriptionResponseSerde(string())
    expect(serde.deserialize(serde.serialize(response))).toEqual(response)
  })

  test('the subscription has the layout of Kafka Streams: version, instruction, hash, primary key, primary partition', () => {
    const bytes = subscriptionSerde(string()).serialize({
      request: 'subscribe',
      primaryKey: 'pk',
      primaryPartition: 5,
      hash,
    })
    expect(Buffer.from(bytes).toString('hex')).toBe(`0102${Buffer.from(hash, 'latin1').toString('hex')}706b00000005`)
  })

  test.each([[[]], [[2, 2, 0, 0, 0, 0]], [[0x81, 9, 0, 0, 0, 0]], [[1, 2, 3]]])(
    'bytes %j of another kind are refused',
    (bytes) => {
      expect(() => subscriptionSerde(string()).deserialize(Uint8Array.from(bytes))).toThrow(SerializationError)
    },
  )

  test('different values have different hashes of 16 bytes, equal ones the same', () => {
    expect(hash).toHaveLength(16)
    expect(valueHash(Buffer.from('left'))).toBe(hash)
    expect(valueHash(Buffer.from('Left'))).not.toBe(hash)
  })
})

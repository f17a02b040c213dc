import { describe, expect, test } from 'vitest'
import { change, outOfOrderChange } from '../../../src/core/change.ts'
import { valueHash } from '../../../src/core/value-hash.ts'
import { valueAndTimestamp } from '../../../src/core/value-and-timestamp.ts'
import { ForeignKeyReceiveOperator } from '../../../src/operators/foreign-key-receive.ts'
import { ForeignKeyResolveOperator } from '../../../src/operators/foreign-key-resolve.ts'
import { ForeignKeySubscribeOperator } from '../../../src/operators/foreign-key-subscribe.ts'
import { ForeignKeyUpdateOperator } from '../../../src/operators/foreign-key-update.ts'
import { subscriptionSerde } from '../../../src/serde/subscription-serdes.ts'
import { MemorySubscriptionStore } from '../../../src/state/memory-subscription-store.ts'
import { recorded } from '../../support/recording-context.ts'
import { text } from '../state/store-rig.ts'

const hashOf = (value: string | null): string | null => (value === null ? null : valueHash(Buffer.from(value)))

/** Left values are texts `foreignKey:payload`; an empty foreign key is none. */
function subscribe(type: 'inner' | 'left', dropOutOfOrder = false) {
  const operator = new ForeignKeySubscribeOperator<string, string, string>({
    type,
    foreignKey: (value) => value.split(':')[0] || undefined,
    foreignKeySerde: text,
    valueSerde: text,
    dropOutOfOrder,
  })
  const rig = recorded(operator)
  return {
    ...rig,
    update(newValue: string | null, oldValue: string | null) {
      return rig.send('k', change(newValue, oldValue), 5).map(([foreignKey, subscription]) => {
        const { request, hash } = subscription as { request: string; hash: string | null }
        expect(hash).toBe(hashOf(newValue))
        return [foreignKey, request]
      })
    },
  }
}

describe('the left side subscribes', () => {
  test.each([
    ['a first value', 'f:1', null, [['f', 'subscribe-if-found']]],
    ['a value with the same foreign key', 'f:2', 'f:1', [['f', 'subscribe-if-found']]],
    [
      'a value that refers elsewhere',
      'g:1',
      'f:1',
      [
        ['f', 'unsubscribe'],
        ['g', 'subscribe'],
      ],
    ],
    ['a deletion', null, 'f:1', [['f', 'unsubscribe-and-answer']]],
    ['a value that refers to nothing any more', ':1', 'f:1', [['f', 'unsubscribe-and-answer']]],
    ['a value that refers to something at last', 'f:1', ':1', [['f', 'subscribe-if-found']]],
  ] as const)('inner: %s', (_, newValue, oldValue, expected) => {
    expect(subscribe('inner').update(newValue, oldValue)).toEqual(expected)
  })

  test.each([
    ['a first value', 'f:1', null, [['f', 'subscribe']]],
    ['a first value that refers to nothing', ':1', null, [[null, 'subscribe']]],
    [
      'a value that refers elsewhere',
      'g:1',
      'f:1',
      [
        ['f', 'unsubscribe'],
        ['g', 'subscribe'],
      ],
    ],
    [
      'a deletion',
      null,
      'f:1',
      [
        ['f', 'unsubscribe'],
        [null, 'subscribe'],
      ],
    ],
    ['a deletion of what referred to nothing', null, ':1', [[null, 'subscribe']]],
  ] as const)('left: %s', (_, newValue, oldValue, expected) => {
    expect(subscribe('left').update(newValue, oldValue)).toEqual(expected)
  })

  test('inner: what refers to nothing is dropped; a deletion of nothing is not even that', () => {
    const { context, update } = subscribe('inner')
    expect(update(':1', null)).toEqual([])
    expect(update(null, null)).toEqual([])
    expect(context.dropped).toEqual(['null-join-key'])
  })

  test('an out-of-order update of a versioned table changes nothing', () => {
    const { context, send } = subscribe('left', true)
    expect(send('k', outOfOrderChange('f:1', null), 5)).toEqual([])
    expect(context.dropped).toEqual(['out-of-order'])
  })
})

function right(table: Record<string, readonly [value: string, timestamp: number]>) {
  const store = new MemorySubscriptionStore<string, string>('subscriptions', {
    foreignKey: text,
    primaryKey: text,
    subscription: subscriptionSerde(text),
  })
  const view = { get: (key: string) => (table[key] === undefined ? null : valueAndTimestamp(...table[key])) }
  const received = recorded(new ForeignKeyReceiveOperator({ foreignKeySerde: text }, { store, right: view }))
  const updated = recorded(new ForeignKeyUpdateOperator({ dropOutOfOrder: true, foreignKeySerde: text }, { store }))
  const subscription = (request: string, primaryKey = 'k') => ({ request, primaryKey, primaryPartition: 3, hash: 'h' })
  return { store, received, updated, subscription }
}

/** `foreignKey` is the one without a value. */
const response = (value: string | null, foreignKey: string | null = null) => {
  return { hash: 'h', value, foreignKeyHash: hashOf(foreignKey), primaryPartition: 3 }
}

describe('the right side answers', () => {
  test('with the larger of both timestamps, and null where there is nothing and it was asked to say so', () => {
    const { received, subscription } = right({ f: ['right', 9] })
    expect(received.send('f', subscription('subscribe-if-found'), 5)).toEqual([['k', response('right'), 9]])
    expect(received.send('f', subscription('subscribe'), 12)).toEqual([['k', response('right'), 12]])
    expect(received.send('g', subscription('subscribe-if-found'), 5)).toEqual([])
    expect(received.send('g', subscription('subscribe'), 5)).toEqual([['k', response(null, 'g'), 5]])
    expect(received.send(null, subscription('subscribe'), 5)).toEqual([['k', response(null), 5]])
    expect(received.send('f', subscription('unsubscribe-and-answer'), 5)).toEqual([['k', response(null, 'f'), 9]])
  })

  test('an update goes to all who subscribed to its key and nobody else, by their bytes, with its own timestamp', () => {
    const { received, updated, subscription } = right({})
    for (const key of ['b', 'a', 'gone']) received.send('f', subscription('subscribe-if-found', key), 50)
    received.send('ff', subscription('subscribe-if-found', 'c'), 50)
    received.send('f', subscription('unsubscribe', 'gone'), 50)
    expect(updated.send('f', change('new', null), 7)).toEqual([
      ['a', response('new'), 7],
      ['b', response('new'), 7],
    ])
    expect(updated.send('f', change(null, 'new'), 8).map(([, value]) => value)).toEqual([
      response(null, 'f'),
      response(null, 'f'),
    ])
  })

  test('a request without a key that is not a question is dropped, as are out-of-order updates of a versioned table', () => {
    const { received, updated, subscription } = right({})
    expect(received.send(null, subscription('subscribe-if-found'), 5)).toEqual([])
    expect(received.context.dropped).toEqual(['null-join-key'])
    received.send('f', subscription('subscribe-if-found'), 5)
    expect(updated.send('f', outOfOrderChange('new', null), 7)).toEqual([])
    expect(updated.send(null, change('new', null), 7)).toEqual([])
    expect(updated.context.dropped).toEqual(['out-of-order', 'null-key'])
  })
})

describe('the left side resolves', () => {
  function resolve(type: 'inner' | 'left', left: string | null) {
    const view = { get: () => (left === null ? null : valueAndTimestamp(left, 1)) }
    const joiner = (l: string, r: string | null, key: string): string => `${key}:${l}+${r}`
    const foreignKey = (value: string): string | undefined => value.split(':')[0] || undefined
    const options = { type, joiner, foreignKey, foreignKeySerde: text, valueSerde: text }
    return recorded(new ForeignKeyResolveOperator(options, { left: view }))
  }
  const answer = (asked: string | null, value: string | null, foreignKey = 'f') => {
    return {
      hash: hashOf(asked),
      value,
      foreignKeyHash: value === null ? hashOf(foreignKey) : null,
      primaryPartition: 0,
    }
  }

  test('an answer to the present value', () => {
    expect(resolve('inner', 'f:1').send('k', answer('f:1', 'r'), 4)).toEqual([['k', 'k:f:1+r', 4]])
    expect(resolve('inner', 'f:1').send('k', answer('f:1', null), 4)).toEqual([['k', null, 4]])
    expect(resolve('left', 'f:1').send('k', answer('f:1', null), 4)).toEqual([['k', 'k:f:1+null', 4]])
    expect(resolve('left', null).send('k', answer(null, null), 4)).toEqual([['k', null, 4]])
  })

  test.each([
    ['inner', 'f:2', 'r', 'a value'],
    ['inner', null, 'r', 'a value'],
    ['inner', 'g:2', null, 'nothing, for a key that the present value does not refer to'],
    ['left', 'f:2', null, 'nothing'],
    ['left', null, null, 'nothing'],
  ] as const)('%s, now %s: a stale answer (%s: %s) is dropped and counted', (type, present, value, _what) => {
    const { context, send } = resolve(type, present)
    expect(send('k', answer('f:1', value), 4)).toEqual([])
    expect(context.dropped).toEqual(['stale-response'])
  })

  test.each(['f:2', ':2', null])(
    'inner, now %s: a stale answer of nothing is the only one there will be, and counts',
    (present) => {
      expect(resolve('inner', present).send('k', answer('f:1', null), 4)).toEqual([['k', null, 4]])
    },
  )
})

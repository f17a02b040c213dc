import { describe, expect, test } from 'vitest'
import { valueAndTimestamp } from '../../../src/core/value-and-timestamp.ts'
import { StreamGlobalJoinOperator } from '../../../src/operators/stream-global-join.ts'
import { recorded } from '../../support/recording-context.ts'

function join(type: 'inner' | 'left') {
  const table = { get: (key: string) => (key === 'known' ? valueAndTimestamp('right', 99) : null) }
  const keySelector = (value: string): string | undefined => (value === 'nothing' ? undefined : value)
  const joiner = (left: string, right: string | null, key: string): string => `${key}:${left}+${right}`
  return recorded(new StreamGlobalJoinOperator({ type, keySelector, joiner }, { table }))
}

describe('a join with a global table', () => {
  test('looks up the derived key; the result keeps key and timestamp', () => {
    expect(join('inner').send('k', 'known', 5)).toEqual([['k', 'k:known+right', 5]])
    expect(join('inner').send(null, 'known', 5)).toEqual([[null, 'null:known+right', 5]])
    expect(join('inner').send('k', 'unknown', 5)).toEqual([])
    expect(join('left').send('k', 'unknown', 5)).toEqual([['k', 'k:unknown+null', 5]])
  })

  test('a record without a key to look for is dropped by an inner join and joined with null by a left one (KIP-962)', () => {
    const inner = join('inner')
    expect(inner.send('k', 'nothing', 5)).toEqual([])
    expect(inner.context.dropped).toEqual(['null-join-key'])
    expect(join('left').send('k', 'nothing', 5)).toEqual([['k', 'k:nothing+null', 5]])
  })

  test.each(['inner', 'left'] as const)('a null value is dropped by a %s join', (type) => {
    const { context, send } = join(type)
    expect(send('k', null, 5)).toEqual([])
    expect(context.dropped).toEqual(['null-value'])
  })
})

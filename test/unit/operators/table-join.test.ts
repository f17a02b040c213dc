import { describe, expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import { valueAndTimestamp, type ValueAndTimestamp } from '../../../src/core/value-and-timestamp.ts'
import type { JoinType } from '../../../src/operators/join-type.ts'
import { TableJoinMergeOperator } from '../../../src/operators/table-join-merge.ts'
import { TableJoinSideOperator } from '../../../src/operators/table-join-side.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryKeyValueStore } from '../../../src/state/memory-key-value-store.ts'
import { recorded } from '../../support/recording-context.ts'

const joiner = (left: string | null, right: string | null, key: string): string => `${key}=${left}+${right}`

/** One side of a join whose other table holds `other` for every key. */
function side(
  type: JoinType,
  which: 'left' | 'right',
  other: ValueAndTimestamp<string> | null,
  sendOldValues = true,
): ReturnType<typeof recorded> {
  return recorded(
    new TableJoinSideOperator(
      { type, side: which, joiner, sendOldValues, dropOutOfOrder: false },
      { other: { get: () => other } },
    ),
  )
}

const l9 = valueAndTimestamp('L', 9)
const r9 = valueAndTimestamp('R', 9)

test.each(['inner', 'left', 'outer'] as const)('a null key is dropped and counted (%s)', (type) => {
  const { send, context } = side(type, 'left', r9)
  expect(send(null, change('l', null), 1)).toEqual([])
  expect(context.dropped).toEqual(['null-key'])
})

test('a result has the larger of both timestamps and takes left before right on either side', () => {
  expect(side('inner', 'left', r9).send('k', change('l', null), 1)).toEqual([['k', change('k=l+R', null), 9]])
  expect(side('inner', 'right', l9).send('k', change('r', null), 12)).toEqual([['k', change('k=L+r', null), 12]])
})

test('old results are computed only where somebody asks for them', () => {
  expect(side('inner', 'left', r9, false).send('k', change('b', 'a'), 1)).toEqual([['k', change('k=b+R', null), 9]])
  expect(side('inner', 'left', r9).send('k', change('b', 'a'), 1)).toEqual([['k', change('k=b+R', 'k=a+R'), 9]])
})

describe('inner', () => {
  test('nothing at all goes out while the other table has no value, tombstones included', () => {
    const { send, context } = side('inner', 'right', null)
    expect(send('k', change('r', null), 1)).toEqual([])
    expect(send('k', change(null, 'r'), 2)).toEqual([])
    expect(context.dropped).toEqual([])
  })

  test('a tombstone goes out where the other table has a value, even if there never was a result', () => {
    expect(side('inner', 'left', r9).send('k', change(null, null), 1)).toEqual([['k', change(null, null), 9]])
  })
})

describe('left', () => {
  test('the left side has results of its own, and its tombstone needs an old value', () => {
    const { send } = side('left', 'left', null)
    expect(send('k', change('l', null), 3)).toEqual([['k', change('k=l+null', null), 3]])
    expect(send('k', change(null, 'l'), 4)).toEqual([['k', change(null, 'k=l+null'), 4]])
    expect(send('k', change(null, null), 5)).toEqual([])
  })

  test('a tombstone on the left deletes the result though the right table has a value', () => {
    expect(side('left', 'left', r9).send('k', change(null, 'l'), 3)).toEqual([['k', change(null, 'k=l+R'), 9]])
  })

  test('the right side is silent without a left value, and its tombstone leaves the left value alone in the result', () => {
    expect(side('left', 'right', null).send('k', change('r', null), 3)).toEqual([])
    expect(side('left', 'right', l9).send('k', change(null, 'r'), 3)).toEqual([['k', change('k=L+null', 'k=L+r'), 9]])
    expect(side('left', 'right', l9).send('k', change('r', null), 3)).toEqual([['k', change('k=L+r', 'k=L+null'), 9]])
  })
})

describe('outer', () => {
  test('either side has results of its own', () => {
    expect(side('outer', 'left', null).send('k', change('l', null), 3)).toEqual([['k', change('k=l+null', null), 3]])
    expect(side('outer', 'right', null).send('k', change('r', null), 3)).toEqual([['k', change('k=null+r', null), 3]])
  })

  test('a tombstone keeps what the other table has', () => {
    expect(side('outer', 'left', r9).send('k', change(null, 'l'), 3)).toEqual([['k', change('k=null+R', 'k=l+R'), 9]])
  })

  test('a tombstone with nothing on either side before or after goes nowhere', () => {
    expect(side('outer', 'right', null).send('k', change(null, null), 3)).toEqual([])
    expect(side('outer', 'right', null).send('k', change(null, 'r'), 3)).toEqual([['k', change(null, 'k=null+r'), 3]])
  })
})

describe('merge', () => {
  test('results go into the store before anybody downstream sees them, and null deletes', () => {
    const store = new MemoryKeyValueStore<string, string>('joined', { key: string(), value: string() })
    const { send, context } = recorded(new TableJoinMergeOperator({ sendOldValues: true }, { store }))
    const seen: unknown[] = []
    context.onForward = () => seen.push(store.get('k'))
    expect(send('k', change('a', 'what the side says'), 7)).toEqual([['k', change('a', 'what the side says'), 7]])
    expect(send('k', change(null, 'a'), 8)).toEqual([['k', change(null, 'a'), 8]])
    expect(seen).toEqual([{ value: 'a', timestamp: 7 }, null])
  })

  test('old values stop here where nobody asks for them', () => {
    const { send } = recorded(new TableJoinMergeOperator({ sendOldValues: false }, { store: null }))
    expect(send('k', change('b', 'a'), 1)).toEqual([['k', change('b', null), 1]])
  })
})

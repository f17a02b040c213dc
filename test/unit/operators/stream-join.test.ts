import { describe, expect, test } from 'vitest'
import type { JoinType } from '../../../src/operators/join-type.ts'
import { StreamJoinTime } from '../../../src/operators/stream-join-time.ts'
import { StreamJoinOperator } from '../../../src/operators/stream-join.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryStreamJoinStore } from '../../../src/state/memory-stream-join-store.ts'
import { MemoryUnmatchedStore } from '../../../src/state/memory-unmatched-store.ts'
import type { JoinSide } from '../../../src/state/unmatched-store.ts'
import { recorded } from '../../support/recording-context.ts'

interface JoinSetup {
  readonly left: ReturnType<typeof recorded>
  readonly right: ReturnType<typeof recorded>
  readonly unmatched: MemoryUnmatchedStore<string, string, string>
}

function join(type: JoinType, beforeMs: number, afterMs: number, graceMs: number): JoinSetup {
  const windows = { beforeMs, afterMs, graceMs }
  const serdes = { key: string(), value: string() }
  const retention = { retentionMs: beforeMs + afterMs + graceMs }
  const stores = {
    left: new MemoryStreamJoinStore<string, string>('left', serdes, retention),
    right: new MemoryStreamJoinStore<string, string>('right', serdes, retention),
  }
  const unmatched = new MemoryUnmatchedStore<string, string, string>('unmatched', {
    key: string(),
    left: string(),
    right: string(),
  })
  const time = new StreamJoinTime()
  const joiner = (l: string | null, r: string | null, key: string | null): string => `${key}=${l}+${r}`
  const side = (side: JoinSide, other: JoinSide): ReturnType<typeof recorded> => {
    const deps = {
      ownStore: stores[side],
      otherStore: stores[other],
      unmatched: type === 'inner' ? null : unmatched,
      time,
    }
    return recorded(new StreamJoinOperator({ type, side, joiner, windows, storesOwn: true }, deps))
  }
  return { left: side('left', 'right'), right: side('right', 'left'), unmatched }
}

describe('inner', () => {
  test('both bounds of the window are inclusive, and the right side mirrors them', () => {
    const { left, right } = join('inner', 10, 5, 100)
    left.send('k', 'l', 100)
    expect(right.send('k', 'too early', 89)).toEqual([])
    expect(right.send('k', 'first', 90)).toEqual([['k', 'k=l+first', 100]])
    expect(right.send('k', 'last', 105)).toEqual([['k', 'k=l+last', 105]])
    expect(right.send('k', 'too late', 106)).toEqual([])
    expect(left.send('k', 'l2', 100)).toEqual([
      ['k', 'k=l2+first', 100],
      ['k', 'k=l2+last', 105],
    ])
  })

  test('equal keys and times are all kept and join in order of time, then arrival', () => {
    const { left, right } = join('inner', 10, 10, 0)
    right.send('k', 'b', 102)
    right.send('k', 'c', 102)
    right.send('k', 'a', 101)
    right.send('other', 'd', 101)
    expect(left.send('k', 'l', 101)).toEqual([
      ['k', 'k=l+a', 101],
      ['k', 'k=l+b', 102],
      ['k', 'k=l+c', 102],
    ])
  })

  test('a record is stored after it was joined: the two halves of a self join meet once', () => {
    const serdes = { key: string(), value: string() }
    const stored = new MemoryStreamJoinStore<string, string>('own', serdes, { retentionMs: 20 })
    const { send, context } = recorded(
      new StreamJoinOperator(
        {
          type: 'inner',
          side: 'left',
          joiner: (l, r) => l + r,
          windows: { beforeMs: 10, afterMs: 10, graceMs: 0 },
          storesOwn: true,
        },
        { ownStore: stored, otherStore: stored, unmatched: null, time: new StreamJoinTime() },
      ),
    )
    expect(send('k', 'a', 1)).toEqual([])
    expect(send('k', 'b', 1)).toEqual([['k', 'ba', 1]])
    expect(context.dropped).toEqual([])
  })

  test('null keys and null values are dropped and counted', () => {
    const { left, right } = join('inner', 10, 10, 0)
    expect([...left.send(null, 'l', 1), ...left.send('k', null, 2), ...right.send(null, null, 3)]).toEqual([])
    expect([...left.context.dropped, ...right.context.dropped]).toEqual(['null-key', 'null-value', 'null-key'])
  })

  test('lateness is up to the store: beyond its retention a record still joins but is not kept', () => {
    const { left, right } = join('inner', 10, 10, 5)
    right.send('k', 'r', 100)
    left.send('k', 'newest', 125)
    expect(left.send('k', 'kept no more', 100)).toEqual([['k', 'k=kept no more+r', 100]])
    expect(left.context.dropped).toEqual(['expired'])
    expect(right.send('k', 'r2', 100)).toEqual([])
  })

  test('windows may leave out the own time: with a negative before only later records match', () => {
    const { left, right } = join('inner', -5, 10, 100)
    left.send('k', 'l', 100)
    expect(right.send('k', 'same time', 100)).toEqual([])
    expect(right.send('k', 'at 5', 105)).toEqual([['k', 'k=l+at 5', 105]])
    expect(right.send('k', 'at 10', 110)).toEqual([['k', 'k=l+at 10', 110]])
    expect(left.send('k', 'l2', 101)).toEqual([['k', 'k=l2+at 10', 110]])
  })

  test('the result has the headers of the record that completed it', () => {
    const { left, right } = join('inner', 10, 10, 0)
    const headers: [string, Uint8Array][] = [['trace', new Uint8Array([1])]]
    right.send('k', 'r', 1)
    left.context.onForward = (record) => expect(record.headers).toBe(headers)
    expect(left.send('k', 'l', 2, headers)).toHaveLength(1)
  })
})

describe('left', () => {
  test('an unmatched record waits until stream time has passed its window and grace, on either side', () => {
    const { left, right } = join('left', 10, 10, 5)
    expect(left.send('a', 'l', 100)).toEqual([])
    expect(right.send('b', 'r', 115)).toEqual([])
    expect(right.send('b', 'r', 116)).toEqual([['a', 'a=l+null', 100]])
    expect(right.send('b', 'r', 200)).toEqual([])
  })

  test('a match takes the waiting record out for good', () => {
    const { left, right, unmatched } = join('left', 10, 10, 5)
    left.send('k', 'l', 100)
    expect(right.send('k', 'r', 105)).toEqual([['k', 'k=l+r', 105]])
    expect(unmatched.isEmpty).toBe(true)
    expect(right.send('k', 'r', 300)).toEqual([])
  })

  test('a match takes out all records of that key and time', () => {
    const { left, right } = join('left', 10, 10, 0)
    left.send('k', 'a', 100)
    left.send('k', 'b', 100)
    expect(right.send('k', 'r', 105)).toEqual([
      ['k', 'k=a+r', 105],
      ['k', 'k=b+r', 105],
    ])
    expect(right.send('k', 'r', 300)).toEqual([])
  })

  test('several unmatched values of one key and time all come out, in order of arrival', () => {
    const { left, right } = join('left', 10, 10, 0)
    left.send('k', 'b', 100)
    left.send('k', 'a', 100)
    expect(right.send('x', 'r', 200)).toEqual([
      ['k', 'k=b+null', 100],
      ['k', 'k=a+null', 100],
    ])
  })

  test('a late record goes out unmatched at once, and again with the match that comes within the grace', () => {
    const { left, right } = join('left', 10, 10, 100)
    right.send('x', 'r', 200)
    expect(left.send('k', 'late', 150)).toEqual([['k', 'k=late+null', 150]])
    expect(right.send('k', 'r', 155)).toEqual([['k', 'k=late+r', 155]])
  })

  test('a record that does not reach stream time closes nothing', () => {
    const { left, right } = join('left', 10, 10, 0)
    left.send('a', 'l', 100)
    right.send(null, 'moves stream time, then is dropped', 200)
    expect(right.send('b', 'r', 199)).toEqual([])
    expect(right.send('b', 'r', 200)).toEqual([['a', 'a=l+null', 100]])
  })

  test('a null key on the left goes out at once and is not kept; on the right it is dropped', () => {
    const { left, right, unmatched } = join('left', 10, 10, 0)
    expect(left.send(null, 'l', 100)).toEqual([[null, 'null=l+null', 100]])
    expect(right.send(null, 'r', 100)).toEqual([])
    expect(left.send(null, null, 100)).toEqual([])
    expect([...left.context.dropped, ...right.context.dropped]).toEqual(['null-key', 'null-key'])
    expect(unmatched.isEmpty).toBe(true)
  })

  test('the right side never waits', () => {
    const { right, unmatched } = join('left', 10, 10, 0)
    right.send('k', 'r', 100)
    expect(unmatched.isEmpty).toBe(true)
    expect(right.send('k', 'r', 500)).toEqual([])
  })

  test('an unmatched result has the headers of the record that closed its window', () => {
    const { left, right } = join('left', 10, 10, 0)
    const headers: [string, Uint8Array][] = [['trace', new Uint8Array([1])]]
    left.send('k', 'l', 100)
    right.context.onForward = (record) => expect(record.headers).toBe(headers)
    expect(right.send('x', 'r', 200, headers)).toHaveLength(1)
  })

  test('what waited in a restored store comes out though this run has not seen it', () => {
    const { right, unmatched } = join('left', 10, 10, 0)
    unmatched.add(100, 'left', 'k', 'from before')
    expect(right.send('x', 'r', 200)).toEqual([['k', 'k=from before+null', 100]])
  })
})

describe('outer', () => {
  test('unmatched records come out by time, then right before left, then by key bytes', () => {
    const { left, right } = join('outer', 10, 10, 0)
    left.send('b', 'l', 100)
    left.send('a', 'l', 100)
    right.send('y', 'r', 100)
    right.send('x', 'r', 99)
    expect(left.send('late', 'l', 300)).toEqual([
      ['x', 'x=null+r', 99],
      ['y', 'y=null+r', 100],
      ['a', 'a=l+null', 100],
      ['b', 'b=l+null', 100],
    ])
  })

  test('a null key goes out at once on either side', () => {
    const { left, right } = join('outer', 10, 10, 0)
    expect(left.send(null, 'l', 1)).toEqual([[null, 'null=l+null', 1]])
    expect(right.send(null, 'r', 2)).toEqual([[null, 'null=null+r', 2]])
  })

  test('each side waits for its own half of an asymmetric window', () => {
    const { left, right } = join('outer', 0, 50, 0)
    left.send('l', 'l', 100)
    right.send('r', 'r', 100)
    expect(right.send('x', 'x', 101)).toEqual([['r', 'r=null+r', 100]])
    expect(right.send('y', 'y', 151)).toEqual([
      ['l', 'l=l+null', 100],
      ['x', 'x=null+x', 101],
    ])
  })

  test('the side that processes decides by its own window whether to look: the wider one may emit later', () => {
    const { left, right } = join('outer', 0, 50, 0)
    right.send('r', 'r', 100)
    expect(left.send('x', 'x', 101)).toEqual([])
    expect(right.send('y', 'y', 102)).toEqual([['r', 'r=null+r', 100]])
  })
})

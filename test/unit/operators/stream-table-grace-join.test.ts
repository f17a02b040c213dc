import { describe, expect, test } from 'vitest'
import { StreamTableGraceJoinOperator } from '../../../src/operators/stream-table-grace-join.ts'
import { VersionedStoreView } from '../../../src/operators/views/versioned-store-view.ts'
import { MemoryStreamBufferStore } from '../../../src/state/memory-stream-buffer-store.ts'
import { MemoryVersionedStore } from '../../../src/state/memory-versioned-store.ts'
import { recorded } from '../../support/recording-context.ts'
import { text } from '../state/store-rig.ts'

function join(type: 'inner' | 'left', graceMs = 10) {
  const serdes = { key: text, value: text }
  const table = new MemoryVersionedStore<string, string>('table', serdes, { historyRetentionMs: 100 })
  const buffer = new MemoryStreamBufferStore<string, string>('buffer', serdes)
  const joiner = (left: string, right: string | null): string => `${left}+${right}`
  const deps = { table: new VersionedStoreView(table), buffer }
  return { table, ...recorded(new StreamTableGraceJoinOperator({ type, joiner, graceMs }, deps)) }
}

describe('a join with a versioned table after a grace', () => {
  test('a record waits until stream time minus grace reaches it, then meets the table as it was at its time', () => {
    const { table, send } = join('inner')
    table.put('a', 'old', 0)
    expect(send('a', 'x', 20)).toEqual([])
    table.put('a', 'newer', 21)
    table.put('a', 'late', 15)
    expect(send('a', 'y', 29)).toEqual([])
    expect(send('b', 'z', 30)).toEqual([['a', 'x+late', 20]])
  })

  test('records come out by time and then by key, not as they arrived', () => {
    const { send } = join('left')
    for (const [key, time] of [
      ['b', 12],
      ['a', 12],
      ['c', 11],
      ['a', 12],
    ] as const)
      send(key, key, time)
    expect(send('z', 'z', 22).map(([key, , time]) => [key, time])).toEqual([
      ['c', 11],
      ['a', 12],
      ['a', 12],
      ['b', 12],
    ])
  })

  test('a record that is older than the grace is joined at once and lets nothing else out', () => {
    const { table, send } = join('inner')
    table.put('a', 'v', 0)
    send('a', 'x', 50)
    expect(send('a', 'in time', 40)).toEqual([['a', 'in time+v', 40]])
    expect(send('a', 'late', 39)).toEqual([['a', 'late+v', 39]])
  })

  test('without grace nothing waits', () => {
    const { send } = join('left', 0)
    expect(send('a', 'x', 5)).toEqual([['a', 'x+null', 5]])
  })

  test('a null key of a left join is joined with null at once and moves no stream time (Kafka Streams dies of it)', () => {
    const { context, send } = join('left')
    expect(send('a', 'x', 5)).toEqual([])
    expect(send(null, 'nobody', 500)).toEqual([[null, 'nobody+null', 500]])
    expect(send('a', 'y', 15)).toEqual([['a', 'x+null', 5]])
    expect(context.dropped).toEqual([])
  })

  test('null values are dropped, and null keys by an inner join; neither moves stream time', () => {
    const { context, send } = join('inner')
    expect(send('a', null, 500)).toEqual([])
    expect(send(null, 'x', 500)).toEqual([])
    expect(send(null, null, 500)).toEqual([])
    expect(send('a', 'in time', 5)).toEqual([])
    expect(context.dropped).toEqual(['null-value', 'null-key', 'null-key'])
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { streamRecord, type StreamRecord } from '../../../src/core/stream-record.ts'
import { MemoryStreamBufferStore } from '../../../src/state/memory-stream-buffer-store.ts'
import { flushed, restored, StoreRig, text } from './store-rig.ts'

const create = (): MemoryStreamBufferStore<string, string> =>
  new MemoryStreamBufferStore('buffer', { key: text, value: text })

function drain(store: MemoryStreamBufferStore<string, string>, time: number): StreamRecord<string, string>[] {
  const taken: StreamRecord<string, string>[] = []
  for (let record = store.takeUntil(time); record !== null; record = store.takeUntil(time)) taken.push(record)
  return taken
}

describe('a stream buffer', () => {
  test('hands records out by timestamp, then key bytes, then arrival, up to a time inclusive', () => {
    const store = create()
    for (const [key, value, time] of [
      ['b', '1', 5],
      ['a', '2', 5],
      ['b', '3', 4],
      ['a', '4', 5],
      ['a', '5', 6],
    ] as const)
      store.put(streamRecord(key, value, time))
    expect(store.streamTime).toBe(6)
    expect(drain(store, 5).map(({ value }) => value)).toEqual(['3', '2', '4', '1'])
    expect(store.entryCount).toBe(1)
    expect(store.streamTime).toBe(6)
  })

  test('what came and went between two flushes never reaches the changelog', () => {
    const store = create()
    store.put(streamRecord('a', '1', 5))
    drain(store, 5)
    expect(flushed(store)).toEqual([])
    store.put(streamRecord('a', '1', 7))
    expect(flushed(store)).toHaveLength(1)
    drain(store, 7)
    const [tombstone] = flushed(store)
    expect(tombstone?.value).toBeNull()
    expect(flushed(store)).toEqual([])
  })

  test('headers and stream time survive a restart, and new records do not replace restored ones', () => {
    const store = create()
    store.put(
      streamRecord('a', '1', 5, [
        ['h', Buffer.from('x')],
        ['none', null],
      ]),
    )
    store.put(streamRecord('a', '2', 9))
    const again = restored(create(), flushed(store))
    expect(again.streamTime).toBe(9)
    again.put(streamRecord('a', '3', 9))
    const records = drain(again, 9)
    expect(records.map(({ value }) => value)).toEqual(['1', '2', '3'])
    expect(
      records[0]!.headers.map(([name, bytes]) => [name, bytes === null ? null : Buffer.from(bytes).toString()]),
    ).toEqual([
      ['h', 'x'],
      ['none', null],
    ])
  })

  test('gives back what a list would, through flushes, crashes and compaction', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ key: fc.constantFrom('a', 'aa', 'b'), time: fc.nat(12) }) },
      { weight: 2, arbitrary: fc.record({ until: fc.nat(12) }) },
      { weight: 2, arbitrary: fc.constantFrom('flush' as const, 'crash' as const, 'compact' as const) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const rig = new StoreRig(create, [] as { key: string; value: string; time: number }[])
        const order = (): typeof rig.model =>
          rig.model.toSorted((a, b) => a.time - b.time || Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
        for (const [index, each] of steps.entries()) {
          if (each === 'flush') rig.flush()
          else if (typeof each === 'string') rig.crash(each === 'compact')
          else if ('key' in each) {
            rig.store.put(streamRecord(each.key, `v${index}`, each.time))
            rig.model.push({ key: each.key, value: `v${index}`, time: each.time })
          } else {
            const due = order().filter(({ time }) => time <= each.until)
            expect(drain(rig.store, each.until).map(({ value }) => value)).toEqual(due.map(({ value }) => value))
            rig.model = rig.model.filter(({ time }) => time > each.until)
          }
        }
        expect(drain(rig.store, 99).map(({ value }) => value)).toEqual(order().map(({ value }) => value))
      }),
      { numRuns: 200 },
    )
  })
})

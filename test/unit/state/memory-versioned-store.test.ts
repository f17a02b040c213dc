import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemoryVersionedStore } from '../../../src/state/memory-versioned-store.ts'
import { flushed, keyKinds, restored, text, type ChangelogRecord, type KeyKind } from './store-rig.ts'

const historyRetentionMs = 20

function store(): MemoryVersionedStore<string, string> {
  return new MemoryVersionedStore('versions', { key: text, value: text }, { historyRetentionMs })
}

const value = (found: { readonly value: string } | null): string | null => found?.value ?? null

describe('a versioned store', () => {
  test('reads the latest version, or the one that held at a time', () => {
    const versions = store()
    versions.put('a', 'v10', 10)
    versions.put('a', 'v20', 20)
    expect(versions.get('a')).toEqual({ value: 'v20', timestamp: 20 })
    expect(versions.getAsOf('a', 9)).toBeNull()
    expect(versions.getAsOf('a', 10)).toEqual({ value: 'v10', timestamp: 10 })
    expect(value(versions.getAsOf('a', 19))).toBe('v10')
    expect(value(versions.getAsOf('a', 999))).toBe('v20')
  })

  test('an out-of-order version takes its place in the history and leaves the latest as it is', () => {
    const versions = store()
    expect(versions.put('a', 'v20', 20)).toBeUndefined()
    expect(versions.put('a', 'v10', 10)).toBe('out-of-order')
    expect(versions.put('a', 'again', 20)).toBeUndefined()
    expect(value(versions.get('a'))).toBe('again')
    expect(value(versions.getAsOf('a', 15))).toBe('v10')
  })

  test('a deletion is a version: nothing holds from then on, and an older value does not bring the key back', () => {
    const versions = store()
    versions.put('a', 'v10', 10)
    expect(versions.delete('a', 20)).toBeUndefined()
    expect(versions.put('a', 'v15', 15)).toBe('out-of-order')
    expect(versions.get('a')).toBeNull()
    expect([...versions.all()]).toEqual([])
    expect(value(versions.getAsOf('a', 19))).toBe('v15')
    expect(versions.getAsOf('a', 20)).toBeNull()
    expect(versions.entryCount).toBe(0)
  })

  test('refuses what is older than the history, to the millisecond, and cannot read it any more; a latest value stays', () => {
    const versions = store()
    versions.put('old', 'kept', 5)
    versions.put('a', 'v30', 30)
    versions.put('a', 'v50', 50)
    expect(versions.put('b', 'late', 29)).toBe('expired')
    expect(versions.put('b', 'in time', 30)).toBeUndefined()
    expect(value(versions.getAsOf('a', 30))).toBe('v30')
    expect(versions.getAsOf('a', 29)).toBeNull()
    versions.put('b', 'on', 51)
    expect(versions.getAsOf('a', 30)).toBeNull()
    expect(value(versions.getAsOf('old', 6))).toBe('kept')
  })

  test('its changelog holds every version, and the latest once more after an out-of-order one, so that compaction keeps it', () => {
    const versions = store()
    versions.put('a', 'v20', 20)
    expect(lines(flushed(versions))).toEqual(['a=v20@20'])
    versions.put('a', 'v10', 10)
    versions.delete('a', 15)
    expect(versions.changedCount).toBe(3)
    expect(lines(flushed(versions))).toEqual(['a=v10@10', 'a=null@15', 'a=v20@20'])
    expect(versions.changedCount).toBe(0)
  })

  test('versions that nobody can read are forgotten, and so are keys that are deleted', () => {
    const versions = store()
    for (let time = 0; time < 1_000; time++) versions.put('a', `v${time}`, time)
    // Half of them were never flushed: what expired in between need not be.
    expect(flushed(versions).length).toBeLessThan(historyRetentionMs * 2)
    versions.put('b', 'x', 1_000)
    versions.delete('b', 1_001)
    versions.put('c', 'y', 2_000)
    expect(lines(flushed(versions))).toEqual(['b=null@1001', 'c=y@2000'])
    versions.put('c', 'z', 3_000)
    expect(versions.entryCount).toBe(2)
  })
})

function lines(records: readonly ChangelogRecord[]): string[] {
  return records.map(
    ({ key, value: bytes, timestamp }) => `${key.toString()}=${bytes?.toString() ?? null}@${timestamp}`,
  )
}

/** Every version ever accepted, in a list; the plain meaning of the contract. */
class Model {
  versions: { key: number; value: string | null; timestamp: number; seq: number }[] = []
  streamTime = -Infinity
  #seq = 0

  put(key: number, stored: string | null, timestamp: number): 'expired' | 'out-of-order' | undefined {
    if (timestamp < this.streamTime - historyRetentionMs) return 'expired'
    this.streamTime = Math.max(this.streamTime, timestamp)
    this.versions.push({ key, value: stored, timestamp, seq: this.#seq++ })
    return this.latest(key)!.timestamp > timestamp ? 'out-of-order' : undefined
  }

  latest(key: number, asOf = Infinity) {
    return this.versions
      .filter((version) => version.key === key && version.timestamp <= asOf)
      .toSorted((a, b) => a.timestamp - b.timestamp || a.seq - b.seq)
      .at(-1)
  }

  asOf(key: number, time: number): string | null {
    const found = this.latest(key, time)
    if (found === undefined) return null
    const isOld = time < this.streamTime - historyRetentionMs
    return isOld && found !== this.latest(key) ? null : found.value
  }
}

function answersAsModel<K>({ serde, keyOf, keyCount }: KeyKind<K>): void {
  const step = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        key: fc.nat(keyCount - 1),
        ahead: fc.integer({ min: -30, max: 12 }),
        isDelete: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.constant('flush' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  )
  const create = (): MemoryVersionedStore<K, string> =>
    new MemoryVersionedStore('versions', { key: serde, value: text }, { historyRetentionMs })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const model = new Model()
      let versions = create()
      const log: ChangelogRecord[] = []
      let time = 0
      for (const [index, each] of steps.entries()) {
        if (each === 'flush' || each === 'restart') log.push(...flushed(versions))
        if (each === 'restart') {
          versions = restored(create(), log)
          expect(versions.changedCount).toBe(0)
        }
        if (typeof each !== 'object') continue
        const timestamp = Math.max(0, time + each.ahead)
        time = Math.max(time, timestamp)
        const stored = each.isDelete ? null : `v${index}`
        const key = keyOf(each.key)
        const outcome = stored === null ? versions.delete(key, timestamp) : versions.put(key, stored, timestamp)
        expect(outcome).toBe(model.put(each.key, stored, timestamp))
      }
      for (let key = 0; key < keyCount; key++) {
        expect(versions.get(keyOf(key))?.value ?? null).toBe(model.latest(key)?.value ?? null)
        for (let at = Math.max(0, time - 40); at <= time + 1; at += 1) {
          expect(versions.getAsOf(keyOf(key), at)?.value ?? null, `key ${key} at ${at}`).toBe(model.asOf(key, at))
        }
      }
    }),
    { numRuns: 150 },
  )
}

function compacted(log: readonly ChangelogRecord[]): ChangelogRecord[] {
  const last = new Map(log.map((record, offset) => [record.key.toString('hex'), offset]))
  return log.filter((record, offset) => last.get(record.key.toString('hex')) === offset)
}

describe.each(keyKinds)('with $label', (kind) => {
  test('answers as a list of all versions, through flushes and restarts', () => answersAsModel(kind))
})

describe('after its changelog was compacted', () => {
  // Stream time may be lost with what compaction removed, so puts of old records may be accepted: only latest values are compared.
  test('the latest value of each key is right', () => {
    const versions = store()
    const log: ChangelogRecord[] = []
    versions.put('a', 'v20', 20)
    log.push(...flushed(versions))
    versions.put('a', 'v10', 10)
    log.push(...flushed(versions))
    const again = restored(store(), compacted(log))
    expect(again.get('a')).toEqual({ value: 'v20', timestamp: 20 })
    expect(again.put('a', 'v15', 15)).toBe('out-of-order')
  })
})

import { expect, test } from 'vitest'
import { BrokerError } from '../../../../src/core/errors.ts'
import type { Compression } from '../../../../src/protocol/compression/compression.ts'
import { BatchHeader } from '../../../../src/protocol/records/batch-header.ts'
import type { FetchedRecords } from '../../../../src/protocol/records/fetched-records.ts'
import { readRecords, storedBatch } from '../../../support/record-batches.ts'

const mutations = 20_000
const seed = 20_260_101

/** A small generator with a seed (mulberry32): a failure repeats. */
function randomNumbers(start: number): (below: number) => number {
  let state = start
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const records = Array.from({ length: 20 }, (_, i) => ({
  key: Buffer.from(`key-${i % 3}`),
  value: i % 5 === 0 ? null : Buffer.from(`{"id":${i},"text":"some text some text"}`),
  timestamp: 1_700_000_000_000 + i * 1_000,
  headers: i % 4 === 0 ? ([['trace', Buffer.from('abc')]] as const) : [],
}))
const batches = (['none', 'gzip', 'snappy', 'lz4'] as const satisfies readonly Compression[]).map((compression) =>
  storedBatch(records, { compression, baseOffset: 1_000 }),
)

/** Flips, overwrites with an extreme byte, or moves a piece: one to four times. */
function mutate(bytes: Buffer, below: (limit: number) => number): void {
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(bytes.length)
    const kind = below(4)
    if (kind === 0) bytes[at] = bytes[at]! ^ (1 << below(8))
    else if (kind === 1) bytes[at] = [0, 0x7f, 0x80, 0xff][below(4)]!
    else if (kind === 2) bytes.copyWithin(at, below(bytes.length), below(bytes.length))
    else bytes.writeInt32BE(below(2 ** 32) | 0, Math.min(at, bytes.length - 4))
  }
}

function touchAll(fetched: FetchedRecords): number {
  let bytes = 0
  for (let i = 0; i < fetched.count; i++) {
    bytes += (fetched.keyAt(i)?.length ?? 0) + (fetched.valueAt(i)?.length ?? 0)
    for (const [name, value] of fetched.headersAt(i)) bytes += name.length + (value?.length ?? 0)
  }
  return bytes
}

/** With the checksum made right again, so that what lies behind it is met. */
function sealed(bytes: Buffer): Buffer {
  bytes[16] = 2
  bytes.writeInt32BE(bytes.length - 12, 8)
  new BatchHeader(bytes, 0).sealChecksum()
  return bytes
}

test.each([
  ['as they are', (bytes: Buffer) => bytes],
  ['under a checksum that fits', sealed],
])(
  `${mutations} mutated batches, %s: read or refused by name, never a crash, a hang, or memory without bounds`,
  (_, finish) => {
    const below = randomNumbers(seed)
    let [read, refused] = [0, 0]
    for (let i = 0; i < mutations / 2; i++) {
      const bytes = Buffer.from(batches[i % batches.length]!)
      mutate(bytes, below)
      try {
        const fetched = readRecords(finish(bytes))
        // What a record says can be no longer than what was decompressed, however it was damaged.
        expect(touchAll(fetched)).toBeLessThanOrEqual(fetched.bytes * 2)
        expect(fetched.bytes).toBeLessThan(1_000_000)
        read++
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error
        expect(error.code).toBe('MILLRACE_RECORDS_CORRUPT')
        refused++
      }
    }
    expect([read > 0, refused > 100]).toEqual([true, true])
  },
)

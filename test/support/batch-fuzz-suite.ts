import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BrokerError } from '../../src/core/errors.ts'
import { seededRandom } from '../../src/core/random.ts'
import { BatchHeader } from '../../src/protocol/records/batch-header.ts'
import type { FetchedRecords } from '../../src/protocol/records/fetched-records.ts'
import { sealed } from './likely-requests.ts'
import { belowFrom, damage, resized } from './mutate.ts'
import { readRecords, storedBatch } from './record-batches.ts'

const records = Array.from({ length: 20 }, (_, i) => ({
  key: Buffer.from(`key-${i % 3}`),
  value: i % 5 === 0 ? null : Buffer.from(`{"id":${i},"text":"some text some text"}`),
  timestamp: 1_700_000_000_000 + i * 1_000,
  headers: i % 4 === 0 ? ([['trace', Buffer.from('abc')]] as const) : [],
}))
const own = (['none', 'gzip', 'snappy', 'lz4'] as const).map((compression) =>
  storedBatch(records, { compression, baseOffset: 1_000 }),
)

const goldenFile = join(import.meta.dirname, '../unit/protocol/records/golden-batches.json')
const golden = Object.values(JSON.parse(readFileSync(goldenFile, 'utf8')) as Record<string, string>)
/** Other clients compress otherwise, and zstd is written by them alone on older Nodes. */
const foreign = golden.map((segment) => {
  const bytes = Buffer.from(segment, 'base64')
  return bytes.subarray(0, new BatchHeader(bytes, 0).end)
})
const batches = [...own, ...foreign]
/** A block of zstd says in four bytes that it is 128 KB of the same byte. */
const contentBytesMax = 64 * 1024 * 1024

function touchAll(fetched: FetchedRecords): number {
  let bytes = 0
  for (let i = 0; i < fetched.count; i++) {
    bytes += (fetched.keyAt(i)?.length ?? 0) + (fetched.valueAt(i)?.length ?? 0)
    for (const [name, value] of fetched.headersAt(i)) bytes += name.length + (value?.length ?? 0)
  }
  return bytes
}

/** The promise of the reader of record batches, on as many of them as there is time for. */
export function batchFuzzSuite({ mutations, seed }: { readonly mutations: number; readonly seed: number }): void {
  test.each([
    ['as they are', (bytes: Buffer) => bytes],
    ['under a length and a checksum that fit', sealed],
  ])(
    `${mutations} mutated batches of every compression, %s: read or refused by name, never a crash, a hang, or memory without bounds (seed ${seed})`,
    { timeout: 900_000 },
    (_, finish) => {
      const below = belowFrom(seededRandom(seed))
      let [read, refused] = [0, 0]
      for (let i = 0; i < mutations; i++) {
        const original = batches[i % batches.length]!
        const bytes = below(10) === 0 ? resized(original, below) : Buffer.from(original)
        damage(bytes, below)
        try {
          const fetched = readRecords(bytes.length < 61 ? bytes : finish(bytes))
          // What a record says can be no longer than what was decompressed, however it was damaged.
          expect(touchAll(fetched)).toBeLessThanOrEqual(fetched.bytes * 2)
          expect(fetched.bytes).toBeLessThan(contentBytesMax)
          read++
        } catch (error) {
          if (!(error instanceof BrokerError)) throw error
          expect(error.code).toBe('MILLRACE_RECORDS_CORRUPT')
          refused++
        }
      }
      console.log(`seed ${seed}: of ${mutations} mutated batches ${read} were read, ${refused} refused`)
      expect([read > mutations / 100, refused > mutations / 10]).toEqual([true, true])
    },
  )
}

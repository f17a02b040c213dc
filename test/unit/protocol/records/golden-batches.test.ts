import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRecords } from '../../../support/record-batches.ts'

/** Segments of a Kafka 4.1.0 broker's log, as Java's console producer and kcat 1.7.1 wrote them: twelve records each. */
const segments = JSON.parse(readFileSync(join(import.meta.dirname, 'golden-batches.json'), 'utf8')) as Record<
  string,
  string
>

test.each(Object.entries(segments))('the bytes of another client are read: %s', (_, segment) => {
  const fetched = readRecords(Buffer.from(segment, 'base64'))
  expect(fetched.nextOffset).toBe(12)
  for (let i = 0; i < 12; i++) {
    expect([fetched.offsetAt(i), fetched.keyAt(i)?.toString(), fetched.valueAt(i)?.toString()]).toEqual([
      i,
      `key-${i}`,
      `value ${i} value value value`,
    ])
    expect(fetched.timestampAt(i)).toBeGreaterThan(1.7e12)
  }
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { windowed, type Windowed } from '../../../src/core/windowed.ts'
import { int64 } from '../../../src/serde/integers.ts'
import type { Serde } from '../../../src/serde/serde.ts'
import { string } from '../../../src/serde/string.ts'
import { sessionWindowed, timeWindowed } from '../../../src/serde/windowed-serdes.ts'

/** What Kafka Streams 4.1.0's TimeWindowedSerializer and SessionWindowedSerializer wrote. */
const golden: readonly [Serde<Windowed<string>>, Windowed<string>, string][] = [
  [timeWindowed(string(), 60_000), windowed('k', 60_000, 120_000), '6b000000000000ea60'],
  [timeWindowed(string(), 60_000), windowed('k', 1_700_000_000_000, 1_700_000_060_000), '6b0000018bcfe56800'],
  [sessionWindowed(string()), windowed('k', 1_000, 70_000), '6b000000000001117000000000000003e8'],
]

test.each(golden)('%o of %o is as Kafka Streams writes it', (serde, value, bytes) => {
  expect(Buffer.from(serde.serialize(value)).toString('hex')).toBe(bytes)
  expect(serde.deserialize(Buffer.from(bytes, 'hex'))).toEqual(value)
  expect(serde.deserialize(new Uint8Array(Buffer.from(bytes, 'hex')))).toEqual(value)
})

test('any windowed key survives writing and reading', () => {
  const time = fc.integer({ min: 0, max: 2 ** 52 })
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), time, time, (key, start, length) => {
      const session = windowed(key, start, start + length)
      expect(sessionWindowed(int64()).deserialize(sessionWindowed(int64()).serialize(session))).toEqual(session)
      const timed = timeWindowed(int64(), length)
      expect(timed.deserialize(timed.serialize(session))).toEqual(session)
    }),
  )
})

describe('bytes that are too short are refused', () => {
  test.each([
    [timeWindowed(string(), 1), 7, 'timeWindowed ends with 8 bytes of times, but there are 7'],
    [sessionWindowed(string()), 15, 'sessionWindowed ends with 16 bytes of times, but there are 15'],
    [timeWindowed(string(), 1), 0, 'timeWindowed ends with 8 bytes of times, but there are 0'],
  ] as const)('%o, %d bytes', (serde, length, message) => {
    expect(() => serde.deserialize(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'MILLRACE_DECODE_FAILED', message }),
    )
  })
})

test('a time that no number holds is refused instead of rounded', () => {
  expect(() => timeWindowed(string(), 1).deserialize(Buffer.alloc(9, 0x7f))).toThrow('beyond +-(2^53-1) milliseconds')
})

test('the name says what is inside', () => expect(timeWindowed(string(), 5).name).toBe('timeWindowed(string)'))

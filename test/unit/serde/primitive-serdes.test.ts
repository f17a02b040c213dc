import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SerializationError } from '../../../src/core/errors.ts'
import { bytes } from '../../../src/serde/bytes.ts'
import { double } from '../../../src/serde/double.ts'
import { int32, int64, safeInt64 } from '../../../src/serde/integers.ts'
import type { Serde } from '../../../src/serde/serde.ts'
import { string } from '../../../src/serde/string.ts'

const hex = (view: Uint8Array): string => Buffer.from(view).toString('hex')
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

/** What Kafka 4.1.0's own serializers wrote for the same values. */
const golden: readonly { serde: Serde<never>; value: unknown; bytes: string }[] = [
  { serde: int32() as Serde<never>, value: -2, bytes: 'fffffffe' },
  { serde: int32() as Serde<never>, value: 258, bytes: '00000102' },
  { serde: int64() as Serde<never>, value: -2n, bytes: 'fffffffffffffffe' },
  { serde: int64() as Serde<never>, value: -(2n ** 63n), bytes: '8000000000000000' },
  { serde: safeInt64() as Serde<never>, value: -2, bytes: 'fffffffffffffffe' },
  { serde: safeInt64() as Serde<never>, value: Number.MAX_SAFE_INTEGER, bytes: '001fffffffffffff' },
  { serde: safeInt64() as Serde<never>, value: Number.MIN_SAFE_INTEGER, bytes: 'ffe0000000000001' },
  { serde: double() as Serde<never>, value: 1.5, bytes: '3ff8000000000000' },
  { serde: double() as Serde<never>, value: -0, bytes: '8000000000000000' },
  { serde: double() as Serde<never>, value: Number.MIN_VALUE, bytes: '0000000000000001' },
  { serde: double() as Serde<never>, value: Number.NaN, bytes: '7ff8000000000000' },
  { serde: string() as Serde<never>, value: 'h\u00e9 \u20ac \u{1f600}', bytes: '68c3a920e282ac20f09f9880' },
  { serde: string() as Serde<never>, value: '', bytes: '' },
  { serde: bytes() as Serde<never>, value: Uint8Array.of(0, 255), bytes: '00ff' },
]

describe.each(golden)('$serde.name of $value', ({ serde, value, bytes: wanted }) => {
  test('is written as Kafka writes it', () => expect(hex(serde.serialize(value as never))).toBe(wanted))
  test('is read from what Kafka wrote, in a Buffer or not', () => {
    expect(serde.deserialize(unhex(wanted))).toEqual(value)
    expect(serde.deserialize(Buffer.from(wanted, 'hex'))).toEqual(value)
  })
})

describe('any value survives writing and reading', () => {
  const survives = <T>(serde: Serde<T>, values: fc.Arbitrary<T>): void =>
    fc.assert(
      fc.property(values, (value) => {
        expect(serde.deserialize(serde.serialize(value))).toEqual(value)
      }),
    )

  test('int32', () => survives(int32(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })))
  test('int64', () => survives(int64(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })))
  test('safeInt64', () => survives(safeInt64(), fc.maxSafeInteger()))
  test('double', () => survives(double(), fc.double()))
  test('string', () => survives(string(), fc.string({ unit: 'grapheme' })))
  test('bytes', () => survives(bytes(), fc.uint8Array()))
})

test('safeInt64 and int64 write the same bytes', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(hex(safeInt64().serialize(value))).toBe(hex(int64().serialize(BigInt(value))))
    }),
  )
})

test('every NaN has the same bytes, so it is one key', () => {
  const negative = new Float64Array(new BigUint64Array([0xfff8000000000001n]).buffer)[0]!
  expect(hex(double().serialize(negative))).toBe('7ff8000000000000')
})

describe('what a serde does not hold is refused', () => {
  const refusals: readonly [Serde<never>, unknown, string][] = [
    [
      int32() as Serde<never>,
      2 ** 31,
      'int32 takes a whole number from -2^31 to 2^31-1, but was given the number 2147483648',
    ],
    [int32() as Serde<never>, 1.5, 'int32 takes a whole number from -2^31 to 2^31-1, but was given the number 1.5'],
    [
      int32() as Serde<never>,
      '7',
      'int32 takes a whole number from -2^31 to 2^31-1, but was given a value of type string',
    ],
    [
      int64() as Serde<never>,
      2n ** 63n,
      'int64 takes a bigint from -2^63 to 2^63-1, but was given the bigint 9223372036854775808',
    ],
    [int64() as Serde<never>, 7, 'int64 takes a bigint from -2^63 to 2^63-1, but was given the number 7'],
    [
      safeInt64() as Serde<never>,
      2 ** 53,
      'safeInt64 takes a whole number from -(2^53-1) to 2^53-1, but was given the number 9007199254740992',
    ],
    [double() as Serde<never>, null, 'double takes a number, but was given null'],
    [string() as Serde<never>, ['a'], 'string takes a string, but was given an array'],
    [bytes() as Serde<never>, 'a', 'bytes takes a Uint8Array, but was given a value of type string'],
  ]
  test.each(refusals)('%o: %s', (serde, value, message) => {
    expect(() => serde.serialize(value as never)).toThrow(
      expect.objectContaining({ code: 'MILLRACE_ENCODE_FAILED', message }),
    )
  })
})

describe('bytes of another width are refused', () => {
  test.each([int32(), int64(), safeInt64(), double()] as Serde<unknown>[])('$name', (serde) => {
    const width = serde.name === 'int32' ? 4 : 8
    for (const length of [0, width - 1, width + 1]) {
      expect(() => serde.deserialize(new Uint8Array(length))).toThrow(
        expect.objectContaining({
          code: 'MILLRACE_DECODE_FAILED',
          message: `${serde.name} is ${width} bytes long, but there are ${length}: another serde wrote them`,
        }),
      )
    }
  })
})

test('safeInt64 refuses to round, and names the serde that does not', () => {
  for (const value of [2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), 2n ** 63n - 1n]) {
    expect(() => safeInt64().deserialize(int64().serialize(value))).toThrow(
      `${value} exactly: beyond 2^53-1 use int64()`,
    )
  }
})

describe('string', () => {
  test.each(['ff', 'c3', '61e282', 'eda080', 'c080'])(
    'refuses %s, which is not UTF-8, and reads the next one',
    (invalid) => {
      expect(() => string().deserialize(unhex(invalid))).toThrow(SerializationError)
      expect(string().deserialize(unhex('61'))).toBe('a')
    },
  )
  test('keeps a replacement character and a byte order mark that are in the text', () => {
    expect(string().deserialize(string().serialize('\ufeffa\ufffd'))).toBe('\ufeffa\ufffd')
  })
})

test('bytes are copied out of the shared buffer that they were read from', () => {
  for (const shared of [Buffer.from([1, 2, 3, 4]), Uint8Array.of(1, 2, 3, 4)]) {
    const value = bytes().deserialize(shared.subarray(1, 3))
    shared.fill(9)
    expect([...value]).toEqual([2, 3])
    expect(value.buffer.byteLength).toBe(2)
  }
})

test('only serdes whose equal values are equal by === have primitive keys', () => {
  const primitive = [string(), int32(), int64(), safeInt64(), double(), bytes()].filter(
    (serde) => serde.primitiveKey === true,
  )
  expect(primitive.map((serde) => serde.name)).toEqual(['string', 'int32', 'int64', 'safeInt64'])
})

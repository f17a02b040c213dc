import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import { bytes } from '../../../src/serde/bytes.ts'
import { changeSerde } from '../../../src/serde/change-serde.ts'
import { string } from '../../../src/serde/string.ts'

const serde = changeSerde(string())

/** What Kafka Streams 4.1.0's ChangedSerializer wrote. */
test.each([
  [change<string>('n', null), '6e01'],
  [change<string>(null, 'old'), '6f6c6400'],
  [change('new', 'old'), '066e65776f6c6402'],
  [change('x'.repeat(100), 'o'), `c801${'78'.repeat(100)}6f02`],
  [change('', ''), '0002'],
])('%o is as Kafka Streams writes it', (value, wanted) => {
  expect(Buffer.from(serde.serialize(value)).toString('hex')).toBe(wanted)
  expect(serde.deserialize(Buffer.from(wanted, 'hex'))).toEqual(value)
})

test.each([
  ['6f6c640103', change<string>(null, 'old')],
  ['6e0004', change<string>('n', null)],
  ['066e65776f6c640105', change('new', 'old')],
])('%s, with the mark of the latest value as versioned tables write it, is read', (written, wanted) => {
  expect(serde.deserialize(Buffer.from(written, 'hex'))).toEqual(wanted)
})

test('any change survives writing and reading', () => {
  const inner = changeSerde(bytes())
  // The lengths matter, and where their varint grows by a byte.
  const length = fc.oneof(fc.nat(200), fc.nat(20_000), fc.constantFrom(63, 64, 8_191, 8_192))
  const side = fc.option(length.map((bytesOfOne) => new Uint8Array(bytesOfOne).fill(bytesOfOne)))
  fc.assert(
    fc.property(side, side, (newValue, oldValue) => {
      fc.pre(newValue !== null || oldValue !== null)
      expect(inner.deserialize(inner.serialize(change(newValue, oldValue)))).toEqual(change(newValue, oldValue))
    }),
  )
})

test('a change of nothing to nothing cannot be written', () => {
  expect(() => serde.serialize(change<string>(null, null))).toThrow(
    expect.objectContaining({
      code: 'MILLRACE_ENCODE_FAILED',
      message: 'a change whose new and old value are both null cannot be sent',
    }),
  )
})

describe('bytes without the layout are refused', () => {
  test.each([
    ['', 'there are no bytes'],
    ['6109', 'the last byte is 9'],
    ['04', 'there is 1 byte'],
    ['02', 'the length of the new value is not a varint'],
    ['ffffffffffff02', 'the length of the new value is not a varint'],
    ['0a6102', 'a new value of 5 bytes does not fit into 2'],
    ['016102', 'a new value of -1 bytes does not fit into 2'],
  ])('%s', (written, found) => {
    expect(() => serde.deserialize(Buffer.from(written, 'hex'))).toThrow(
      expect.objectContaining({ code: 'MILLRACE_DECODE_FAILED', message: expect.stringMatching(`${found}$`) }),
    )
  })
})

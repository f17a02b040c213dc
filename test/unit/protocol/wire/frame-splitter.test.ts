import { ProtocolError } from 'millrace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameSplitter } from '../../../../src/protocol/wire/frame-splitter.ts'

function withSize(message: Uint8Array): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(message.length)
  return Buffer.concat([size, message])
}

test('messages come out whole and in order, wherever the stream was cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 })
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(withSize))
      const splitter = new FrameSplitter(30)
      const received: Buffer[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const length = cuts[i % cuts.length]!
        received.push(...splitter.push(stream.subarray(at, at + length)))
        at += length
      }
      expect(received.map((bytes) => [...bytes])).toEqual(sent.map((bytes) => [...bytes]))
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['larger than the maximum', 101],
  ['below zero', -1],
  ['that is the start of a TLS record', 0x16030100],
])('a size %s is refused before anything is kept for it', (_, size) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(size)
  expect(() => new FrameSplitter(100).push(bytes)).toThrow(ProtocolError)
})

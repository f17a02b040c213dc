import { expect, test } from 'vitest'
import { FrameSplitter } from '../../../../src/protocol/wire/frame-splitter.ts'
import { returnFrameBuffer } from '../../../../src/protocol/wire/frame-buffers.ts'

const large = 300_000

/** What comes out of a stream that brings all of it in two pieces. */
function received(...messages: readonly Buffer[]): readonly Buffer[] {
  const stream = Buffer.concat(messages.flatMap((message) => [sizeOf(message), message]))
  const splitter = new FrameSplitter(1_000_000)
  return [stream.subarray(0, 100), stream.subarray(100)].flatMap((chunk) => [...splitter.push(Buffer.from(chunk))])
}

function sizeOf(message: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(message.length)
  return size
}

test('the memory of a large message serves another one when it is given back, not before', () => {
  const [first] = received(Buffer.alloc(large, 1))
  const [second] = received(Buffer.alloc(large, 2))
  expect(second!.buffer).not.toBe(first!.buffer)
  expect(first!.equals(Buffer.alloc(large, 1))).toBe(true)
  returnFrameBuffer(first!)
  const [third] = received(Buffer.alloc(large - 5, 3))
  expect(third!.buffer).toBe(first!.buffer)
  expect(third!.equals(Buffer.alloc(large - 5, 3))).toBe(true)
  expect(second!.equals(Buffer.alloc(large, 2))).toBe(true)
})

test('given back twice, it serves one message at a time', () => {
  const [message] = received(Buffer.alloc(large))
  returnFrameBuffer(message!)
  returnFrameBuffer(message!)
  const [[first], [second]] = [received(Buffer.alloc(large)), received(Buffer.alloc(large))]
  expect(first!.buffer).not.toBe(second!.buffer)
})

test('memory that holds two messages, or a part of the next one, serves no other', () => {
  const [first, second] = received(Buffer.alloc(large, 1), Buffer.alloc(large, 2))
  returnFrameBuffer(first!)
  expect(received(Buffer.alloc(large))[0]!.buffer).not.toBe(first!.buffer)
  expect(second!.equals(Buffer.alloc(large, 2))).toBe(true)
})

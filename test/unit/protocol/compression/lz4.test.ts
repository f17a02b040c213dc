import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadBlockCodec, typescriptBlocks } from '../../../../src/protocol/compression/lz4/block-codec.ts'
import { compressFrame, decompressFrame } from '../../../../src/protocol/compression/lz4/frame.ts'
import { xxHash32 } from '../../../../src/protocol/compression/lz4/xxhash32.ts'

const contentBytesMax = 10_000_000
const native = loadBlockCodec()
const codecs = [typescriptBlocks, native]

/** Another implementation of frames to check ours against. */
const peer = createRequire(import.meta.url)('lz4') as {
  encode(data: Buffer, options?: { blockIndependence?: boolean; streamChecksum?: boolean }): Buffer
  decode(data: Buffer): Buffer
}

const contents: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['twelve bytes', Buffer.from('abcabcabcabc')],
  ['thirteen equal bytes', Buffer.alloc(13, 7)],
  ['a long run', Buffer.alloc(300_000, 'a')],
  ['noise', randomBytes(200_000)],
  [
    'records',
    Buffer.from(Array.from({ length: 5_000 }, (_, i) => `{"id":${i},"name":"customer","amount":${i * 7}}`).join('\n')),
  ],
  ['just one block', Buffer.alloc(65_536, 'block')],
  ['one block and a byte', Buffer.alloc(65_537, 'block')],
]

test('the optional native addon is installed here, so that both codecs are tested', () => {
  expect(native.name).toBe('native')
})

test('the TypeScript codec takes over where the addon does not load', () => {
  const codec = loadBlockCodec(() => {
    throw new Error('invalid ELF header')
  })
  expect(codec).toBe(typescriptBlocks)
})

describe.each(codecs)('$name blocks', (blocks) => {
  test.each(contents)('bring back %s', (_, content) => {
    const frame = compressFrame(content, { blocks })
    for (const other of codecs)
      expect(decompressFrame(frame, { contentBytesMax, blocks: other }).equals(content)).toBe(true)
  })

  test.each(contents)('are read by another implementation: %s', (_, content) => {
    if (content.length === 0) return
    expect(peer.decode(compressFrame(content, { blocks })).equals(content)).toBe(true)
  })

  test('make records smaller', () => {
    const content = contents.find(([name]) => name === 'records')![1]
    expect(compressFrame(content, { blocks }).length).toBeLessThan(content.length / 3)
  })

  test('bring back whatever they are given', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.constant(new Uint8Array(500)),
        fc.constant(Buffer.from('abcdefgh')),
      ),
    )
    fc.assert(
      fc.property(pieces, (parts) => {
        const content = Buffer.concat(parts)
        expect(decompressFrame(compressFrame(content, { blocks }), { contentBytesMax, blocks }).equals(content)).toBe(
          true,
        )
      }),
    )
  })

  test('refuse a content larger than allowed, and do not reserve memory for what is only claimed', () => {
    const frame = compressFrame(Buffer.alloc(2_000_000), { blocks })
    expect(() => decompressFrame(frame, { contentBytesMax: 1_000_000, blocks })).toThrow(/LZ4/)
  })

  test('throw on damaged data instead of hanging or reading outside', () => {
    const content = contents.find(([name]) => name === 'records')![1].subarray(0, 5_000)
    const frame = compressFrame(content, { blocks })
    fc.assert(
      fc.property(fc.nat(frame.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(frame)
        damaged[at] = damaged[at]! ^ flip
        // Without a checksum some damage gives other content; it must never give more than the block may hold.
        try {
          expect(decompressFrame(damaged, { contentBytesMax, blocks }).length).toBeLessThanOrEqual(65_536)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
    )
    for (let end = 0; end < frame.length; end++) {
      expect(() => decompressFrame(frame.subarray(0, end), { contentBytesMax, blocks })).toThrow()
    }
  })
})

describe('frames of other clients', () => {
  const content = contents.find(([name]) => name === 'records')![1]

  test.each([
    { blockIndependence: true },
    { blockIndependence: false },
    { blockIndependence: true, streamChecksum: true },
    { blockIndependence: false, streamChecksum: true },
  ])('are read: %j', (options) => {
    expect(decompressFrame(peer.encode(content, options), { contentBytesMax }).equals(content)).toBe(true)
  })

  test('with a content checksum that does not fit are refused', () => {
    const frame = peer.encode(content, { streamChecksum: true })
    frame[frame.length - 1] = frame[frame.length - 1]! ^ 1
    expect(() => decompressFrame(frame, { contentBytesMax })).toThrow('content checksum')
  })

  const header = (flags: number): Buffer => {
    const bytes = Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40, 0])
    bytes[6] = (xxHash32(bytes, 4, 6) >>> 8) & 0xff
    return bytes
  }
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value >>> 0)
    return bytes
  }
  const stored = Buffer.from('abcdefghijklmnop')

  test('with dependent blocks that reach into the block before are read', () => {
    // No literals and a match of 12 bytes, 16 back; then the last five as literals.
    const dependent = Buffer.from([0x08, 16, 0, 0x50, ...Buffer.from('vwxyz')])
    const blocks = [word(stored.length | 0x8000_0000), stored, word(dependent.length), dependent, word(0)]
    const frame = Buffer.concat([header(0b0100_0000), ...blocks])
    expect(decompressFrame(frame, { contentBytesMax }).toString()).toBe('abcdefghijklmnopabcdefghijklvwxyz')
    const independent = Buffer.concat([header(0b0110_0000), ...blocks])
    expect(() => decompressFrame(independent, { contentBytesMax, blocks: typescriptBlocks })).toThrow(
      'before the start',
    )
  })

  test('with block checksums are read, and refused when one does not fit', () => {
    const frame = (sum: number): Buffer =>
      Buffer.concat([header(0b0111_0000), word(stored.length | 0x8000_0000), stored, word(sum), word(0)])
    const sum = xxHash32(stored, 0, stored.length)
    expect(decompressFrame(frame(sum), { contentBytesMax }).toString()).toBe('abcdefghijklmnop')
    expect(() => decompressFrame(frame(sum + 1), { contentBytesMax })).toThrow('block checksum')
  })
})

test('xxHash32 gives the published values', () => {
  const hash = (text: string): number => xxHash32(Buffer.from(text), 0, text.length)
  expect(hash('')).toBe(0x02cc5d05)
  expect(hash('a')).toBe(0x550d7456)
  expect(hash('abc')).toBe(0x32d153ff)
  expect(hash('Nobody inspects the spammish repetition')).toBe(0xe2293b2f)
})

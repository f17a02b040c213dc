import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compress, compressionCode, decompress } from '../../../../src/protocol/compression/compression.ts'
import { typescriptBlocks, loadBlockCodec } from '../../../../src/protocol/compression/lz4/block-codec.ts'
import { compressFrame, decompressFrame } from '../../../../src/protocol/compression/lz4/frame.ts'
import { loadSnappyBlocks, typescriptSnappy } from '../../../../src/protocol/compression/snappy/block-codec.ts'
import { compressSnappy, decompressSnappy } from '../../../../src/protocol/compression/snappy/framing.ts'
import { compressZstd, decompressZstd } from '../../../../src/protocol/compression/zstd.ts'

interface Codec {
  readonly name: string
  compress(content: Buffer): Buffer
  decompress(data: Buffer, contentBytesMax: number): Buffer
}

const lz4 = [typescriptBlocks, loadBlockCodec()].map((blocks) => ({
  name: `lz4 ${blocks.name}`,
  compress: (content: Buffer) => compressFrame(content, { blocks }),
  decompress: (data: Buffer, contentBytesMax: number) => decompressFrame(data, { contentBytesMax, blocks }),
}))
const snappy = [typescriptSnappy, loadSnappyBlocks()].map((blocks) => ({
  name: `snappy ${blocks.name}`,
  compress: (content: Buffer) => compressSnappy(content, { blocks }),
  decompress: (data: Buffer, contentBytesMax: number) => decompressSnappy(data, { contentBytesMax, blocks }),
}))
const gzip = {
  name: 'gzip',
  compress: (content: Buffer) => compress(content, 'gzip'),
  decompress: (data: Buffer, max: number) => decompress(data, compressionCode.gzip, max),
}

const records = Buffer.from(
  Array.from({ length: 9_000 }, (_, i) => `{"id":${i},"name":"customer","n":${i * 7}}`).join(),
)
const contents: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['four equal bytes', Buffer.alloc(4, 7)],
  ['a literal of 60 bytes', randomBytes(60)],
  ['a literal of 61 bytes', randomBytes(61)],
  ['a literal of 257 bytes', randomBytes(257)],
  ['a match of 67 bytes', Buffer.alloc(68, 7)],
  ['a long run', Buffer.alloc(300_000, 'a')],
  ['noise', randomBytes(200_000)],
  ['records', records],
  ['just one block', Buffer.alloc(32_768, 'block')],
  ['one block and a byte', Buffer.alloc(32_769, 'block')],
]
const pieces = fc.array(
  fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array(500)), fc.constant(Buffer.from('abcdefgh'))),
)

test('both natives are installed here, so that both ways are tested', () => {
  expect([...lz4, ...snappy].map(({ name }) => name)).toEqual([
    'lz4 typescript',
    'lz4 native',
    'snappy typescript',
    'snappy native',
  ])
})

test('TypeScript takes over where an addon does not load', () => {
  const absent = (): never => {
    throw new Error('not installed')
  }
  expect([loadBlockCodec(absent), loadSnappyBlocks(absent)]).toEqual([typescriptBlocks, typescriptSnappy])
})

describe.each<Codec>([gzip, ...lz4, ...snappy])('$name', (codec) => {
  const family = [...lz4, ...snappy].filter(({ name }) => name.split(' ')[0] === codec.name.split(' ')[0])

  test.each(contents)('brings back %s, by itself and its sibling', (_, content) => {
    const data = codec.compress(content)
    for (const reader of [codec, ...family]) expect(reader.decompress(data, 1e6).equals(content)).toBe(true)
  })

  test('brings back whatever it is given', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const content = Buffer.concat(parts)
        expect(codec.decompress(codec.compress(content), 1e6).equals(content)).toBe(true)
      }),
    )
  })

  test('makes records smaller', () => {
    expect(codec.compress(records).length).toBeLessThan(records.length / 3)
  })

  test('refuses a content larger than allowed', () => {
    const data = codec.compress(Buffer.alloc(2_000_000))
    expect(() => codec.decompress(data, 1_000_000)).toThrow(/larger|LZ4 block/)
  })

  test('throws on what is cut off or damaged, or gives no more than was allowed', () => {
    const content = records.subarray(0, 3_000)
    const data = codec.compress(content)
    for (let end = 0; end < data.length; end += 7) {
      const cut = data.subarray(0, end)
      try {
        expect(codec.decompress(cut, 1e5).length).toBeLessThan(content.length)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }
    fc.assert(
      fc.property(fc.nat(data.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(data)
        damaged[at] = damaged[at]! ^ flip
        try {
          expect(codec.decompress(damaged, 1e5).length).toBeLessThanOrEqual(1e5)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe.each(['none', 'gzip', 'snappy', 'lz4'] as const)('headroom, %s', (compression) => {
  test('leaves room for a header in front', () => {
    const data = compress(records, compression, 61)
    expect(decompress(data.subarray(61), compressionCode[compression]).equals(records)).toBe(true)
  })
})

describe('Snappy of other clients', () => {
  test('is read as one raw block, with distances of every size', () => {
    // 'abcdefgh', then copies of eight bytes from eight back, with distances of one, two and four bytes.
    const copies = [0b000_100_01, 8, (7 << 2) | 0b10, 8, 0, (7 << 2) | 0b11, 8, 0, 0, 0]
    const block = Buffer.from([32, 7 << 2, ...Buffer.from('abcdefgh'), ...copies])
    for (const { decompress: read } of snappy) expect(read(block, 100).toString()).toBe('abcdefgh'.repeat(4))
  })

  test('is read when several frames stand behind one another', () => {
    const [first, second] = [snappy[0]!.compress(Buffer.from('one ')), snappy[0]!.compress(Buffer.from('two'))]
    for (const { decompress: read } of snappy)
      expect(read(Buffer.concat([first, second]), 100).toString()).toBe('one two')
  })

  test('that claims four gigabytes in ten bytes is refused before memory is reserved', () => {
    const claim = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 1, 2, 3, 4])
    for (const { decompress: read } of snappy) expect(() => read(claim, 2 ** 33)).toThrow('too short')
  })
})

describe('zstd', () => {
  const text = Buffer.from('Millrace '.repeat(40))
  /** Frames of the reference encoder (1.5.4), with a window and a checksum, and with neither. */
  const streamed = Buffer.from('28b52ffd0458850000484d696c6c726163652001005c54cb11ce2bce60', 'hex')
  const ultra = Buffer.from('28b52ffd0488850000484d696c6c726163652001005c54cb11ce2bce60', 'hex')
  const unchecked = Buffer.from('28b52ffd0068850000484d696c6c726163652001005c54cb11', 'hex')
  const portably = (data: Buffer, contentBytesMax = 1e6): Buffer => decompressZstd(data, contentBytesMax, {})

  test('is written where Node can, and otherwise refused with what to do', () => {
    const fake = { zstdCompressSync: () => Buffer.from('z'), zstdDecompressSync: () => text }
    expect(compressZstd(text, fake).toString()).toBe('z')
    expect(decompressZstd(Buffer.alloc(0), 100, fake)).toBe(text)
    expect(() => compressZstd(text, {})).toThrow('compression.type=zstd on the topic')
  })

  test.each([
    ['with a window and a checksum', streamed],
    ['with a window of 128 MB', ultra],
    ['without a checksum', unchecked],
    ['of several frames, one of them to be skipped', Buffer.concat([skippable(), streamed])],
  ])('is read %s', (_, data) => {
    expect(portably(data).toString()).toBe(text.toString())
  })

  test('of two frames is read whole', () => {
    expect(portably(Buffer.concat([streamed, unchecked])).toString()).toBe(text.toString().repeat(2))
  })

  test('that may hold more than allowed is refused before memory is reserved', () => {
    expect(() => portably(streamed, 1_000)).toThrow('larger than allowed')
    // A single segment that claims 2^52 bytes.
    const claim = Buffer.from('28b52ffde00000000000001000', 'hex')
    expect(() => portably(Buffer.concat([claim, Buffer.from([1, 0, 0])]))).toThrow('claims more than')
  })

  test('that claims more than its blocks can hold is refused before memory is reserved', () => {
    // A single segment of 100 MB, and one block of nothing.
    const claim = Buffer.from('28b52ffda000004006' + '010000', 'hex')
    expect(() => portably(claim, 256e6)).toThrow('claims more than its blocks can hold')
  })

  test('that is cut off or damaged throws, or gives no more than was allowed', () => {
    for (let end = 1; end < streamed.length; end++) expect(() => portably(streamed.subarray(0, end))).toThrow()
    fc.assert(
      fc.property(fc.nat(streamed.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(streamed)
        damaged[at] = damaged[at]! ^ flip
        try {
          expect(portably(damaged).length).toBeLessThanOrEqual(1e6)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  function skippable(): Buffer {
    return Buffer.from('502a4d1803000000616263', 'hex')
  }
})

test('gzip of several members, as some clients write it, is read whole', () => {
  const members = Buffer.concat([gzipSync('one '), gzipSync('two')])
  expect(decompress(members, compressionCode.gzip).toString()).toBe('one two')
})

/*
 * Snappy as Kafka's clients write it: Java in the frame of the xerial library (a magic number, then blocks with their
 * lengths), librdkafka as one raw block. Both are read by both; we write Java's.
 */
import { loadSnappyBlocks, type SnappyBlocks } from './block-codec.ts'
import { compressedBytesMax, readLength } from './block.ts'

const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
/** Magic, version 1, compatible with version 1. */
const headerBytes = 16
/** What Java's SnappyOutputStream puts in a block. */
const blockBytesWritten = 32 * 1024

let loaded: SnappyBlocks | undefined
/** Loaded when it is first needed: an addon takes ten milliseconds, and many topics have another compression. */
const nativeOrTypescript = (): SnappyBlocks => (loaded ??= loadSnappyBlocks())

export interface SnappyOptions {
  readonly blocks?: SnappyBlocks
}

export function compressSnappy(
  content: Buffer,
  { headroom = 0, blocks = nativeOrTypescript() }: SnappyOptions & { readonly headroom?: number } = {},
): Buffer {
  const blockCount = Math.ceil(content.length / blockBytesWritten)
  const lastBytes = compressedBytesMax(blockBytesWritten)
  const output = Buffer.allocUnsafe(headroom + headerBytes + blockCount * (4 + lastBytes))
  magic.copy(output, headroom)
  output.writeInt32BE(1, headroom + 8)
  output.writeInt32BE(1, headroom + 12)
  let at = headroom + headerBytes
  for (let start = 0; start < content.length; start += blockBytesWritten) {
    const end = Math.min(start + blockBytesWritten, content.length)
    const blockEnd = blocks.compress({ bytes: content, start, end }, output, at + 4)
    output.writeInt32BE(blockEnd - at - 4, at)
    at = blockEnd
  }
  return output.subarray(0, at)
}

/** @throws Error when it is corrupt or its content is larger than allowed */
export function decompressSnappy(
  data: Buffer,
  { contentBytesMax, blocks = nativeOrTypescript() }: SnappyOptions & { readonly contentBytesMax: number },
): Buffer {
  const found = findBlocks(data)
  const sizes = found.map(([start, end]) => readLength({ bytes: data, start, end }).length)
  const size = sizes.reduce((sum, one) => sum + one, 0)
  if (size > contentBytesMax) throw new Error('corrupt Snappy data: the content is larger than allowed')
  // A copy of 64 bytes takes three: what claims more is refused before memory is reserved for it.
  if (size > data.length * 22) throw new Error('corrupt Snappy data: it is too short for what it claims to hold')
  const output = Buffer.allocUnsafe(size)
  let written = 0
  found.forEach(([start, end], i) => {
    const target = { bytes: output, start: written, end: written + sizes[i]! }
    blocks.decompress({ bytes: data, start, end }, target)
    written = target.end
  })
  return output
}

/** Start and end of each block. Java's own reader takes several frames behind one another, as does this. */
function findBlocks(data: Buffer): readonly (readonly [number, number])[] {
  const isFramed = (at: number): boolean => data.subarray(at, at + magic.length).equals(magic)
  if (!isFramed(0)) return [[0, data.length]]
  const blocks: [number, number][] = []
  for (let at = 0; at < data.length;) {
    if (isFramed(at)) {
      at += headerBytes
      continue
    }
    const end = at + 4 + (at + 4 <= data.length ? data.readInt32BE(at) : 0)
    if (end <= at + 4 || end > data.length) throw new Error('corrupt Snappy data: a block runs over the end')
    blocks.push([at + 4, end])
    at = end
  }
  return blocks
}

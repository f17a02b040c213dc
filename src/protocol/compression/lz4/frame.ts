/*
 * LZ4 frames as Kafka uses them. We write independent blocks of at most 64 KiB without checksums (the record batch has
 * its CRC): the Java client refuses dependent blocks. We read what any client writes: both kinds of block, checksums,
 * content size, every block size.
 */
import { loadBlockCodec, type BlockCodec } from './block-codec.ts'
import { decompressBlock } from './block.ts'
import { xxHash32 } from './xxhash32.ts'

const magic = 0x184d2204
const blockBytesWritten = 64 * 1024
/** Magic; version 1, independent blocks; 64 KiB; the checksum of these two bytes. */
const writtenHeader = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0b0110_0000, 0b0100_0000, 0x82])
const storedBit = 0x8000_0000
/** A byte of a length stands for 255 at most. */
const ratioMax = 255

let loaded: BlockCodec | undefined
/** Loaded when it is first needed: an addon takes ten milliseconds, and many topics have another compression. */
const nativeOrTypescript = (): BlockCodec => (loaded ??= loadBlockCodec())

/** The frame behind `headroom` bytes that are left for a header. */
export function compressFrame(
  input: Uint8Array,
  { headroom = 0, blocks = nativeOrTypescript() }: { readonly headroom?: number; readonly blocks?: BlockCodec } = {},
): Buffer {
  const blockCount = Math.ceil(input.length / blockBytesWritten)
  const output = Buffer.allocUnsafe(headroom + 7 + input.length + 4 * blockCount + 4)
  output.set(writtenHeader, headroom)
  let at = headroom + 7
  for (let start = 0; start < input.length; start += blockBytesWritten) {
    const source = { bytes: input, start, end: Math.min(start + blockBytesWritten, input.length) }
    at = writeBlock(source, output, at, blocks)
  }
  output.writeUInt32LE(0, at)
  return output.subarray(0, at + 4)
}

function writeBlock(
  source: { bytes: Uint8Array; start: number; end: number },
  output: Buffer,
  at: number,
  blocks: BlockCodec,
): number {
  const raw = source.end - source.start
  // One byte less than the input: what does not get smaller is stored as it is.
  const compressed = blocks.compress(source, { bytes: output, start: at + 4, end: at + 4 + raw - 1 })
  if (compressed > 0) {
    output.writeUInt32LE(compressed, at)
    return at + 4 + compressed
  }
  output.writeUInt32LE((raw | storedBit) >>> 0, at)
  output.set(source.bytes.subarray(source.start, source.end), at + 4)
  return at + 4 + raw
}

interface FrameHeader {
  readonly independentBlocks: boolean
  readonly blockChecksums: boolean
  readonly contentChecksum: boolean
  readonly blockBytesMax: number
  readonly end: number
}

function corrupt(what: string): Error {
  return new Error(`corrupt LZ4 frame: ${what}`)
}

function readHeader(input: Buffer): FrameHeader {
  if (input.length < 7 || input.readUInt32LE(0) !== magic) throw corrupt('no magic number')
  const flags = input[4]!
  const sizeCode = (input[5]! >>> 4) & 0b111
  if (flags >>> 6 !== 1) throw corrupt(`version ${flags >>> 6}`)
  if (sizeCode < 4) throw corrupt(`block size code ${sizeCode}`)
  const hasDictionary = (flags & 0b1) !== 0
  const checksumAt = 6 + ((flags & 0b1000) !== 0 ? 8 : 0) + (hasDictionary ? 4 : 0)
  if (hasDictionary) throw corrupt('it needs a dictionary')
  if (checksumAt >= input.length) throw corrupt('the header is cut off')
  if (input[checksumAt] !== ((xxHash32(input, 4, checksumAt) >>> 8) & 0xff)) throw corrupt('header checksum')
  return {
    independentBlocks: (flags & 0b10_0000) !== 0,
    blockChecksums: (flags & 0b1_0000) !== 0,
    contentChecksum: (flags & 0b100) !== 0,
    blockBytesMax: 1 << (8 + 2 * sizeCode),
    end: checksumAt + 1,
  }
}

export interface DecompressOptions {
  /** More than this is refused: a few kilobytes can claim gigabytes. */
  readonly contentBytesMax: number
  readonly blocks?: BlockCodec
}

/**
 * The content of one frame.
 *
 * @throws Error when the frame is corrupt, a checksum does not fit, or the content is larger than allowed
 */
export function decompressFrame(input: Buffer, options: DecompressOptions): Buffer {
  const header = readHeader(input)
  const blocks = options.blocks ?? nativeOrTypescript()
  const found = findBlocks(input, header)
  const size = found.reduce((sum, { bytesMax }) => sum + bytesMax, 0)
  const output: Buffer = Buffer.allocUnsafe(Math.min(size, options.contentBytesMax))
  let written = 0
  for (const { at, end, stored } of found) {
    const target = { bytes: output, start: written, end: Math.min(written + header.blockBytesMax, output.length) }
    written = readBlock({ input, at, end, stored, target, header, blocks })
  }
  const content = output.subarray(0, written)
  if (header.contentChecksum) checkContent(content, input, endOfFrame(found, header))
  return content
}

interface Block {
  readonly at: number
  readonly end: number
  readonly stored: boolean
  /** What it can hold at most. */
  readonly bytesMax: number
}

/** All blocks up to the end mark, so that memory is reserved once, and for no more than they can hold. */
function findBlocks(input: Buffer, header: FrameHeader): readonly Block[] {
  const blocks: Block[] = []
  for (let next = header.end; ;) {
    if (next + 4 > input.length) throw corrupt('no end mark')
    const size = input.readUInt32LE(next)
    if (size === 0) return blocks
    const at = next + 4
    const end = at + (size & ~storedBit)
    if (end > input.length) throw corrupt('a block is cut off')
    if (header.blockChecksums) checkSum(input, { start: at, end, sumAt: end, what: 'block' })
    const stored = size >= storedBit
    blocks.push({ at, end, stored, bytesMax: Math.min(header.blockBytesMax, (end - at) * (stored ? 1 : ratioMax)) })
    next = end + (header.blockChecksums ? 4 : 0)
  }
}

function endOfFrame(blocks: readonly Block[], header: FrameHeader): number {
  const last = blocks.at(-1)
  return (last === undefined ? header.end : last.end + (header.blockChecksums ? 4 : 0)) + 4
}

function readBlock(block: {
  input: Buffer
  at: number
  end: number
  stored: boolean
  target: { bytes: Buffer; start: number; end: number }
  header: FrameHeader
  blocks: BlockCodec
}): number {
  const { input, at, end, target } = block
  if (block.stored) {
    if (target.start + end - at > target.end) throw corrupt('the content is larger than allowed')
    input.copy(target.bytes, target.start, at, end)
    return target.start + end - at
  }
  const source = { bytes: input, start: at, end }
  if (block.header.independentBlocks) return block.blocks.decompress(source, target)
  return decompressBlock(source, target, 0)
}

function checkSum(input: Buffer, range: { start: number; end: number; sumAt: number; what: string }): void {
  if (range.sumAt + 4 > input.length) throw corrupt(`no ${range.what} checksum`)
  if (input.readUInt32LE(range.sumAt) !== xxHash32(input, range.start, range.end))
    throw corrupt(`${range.what} checksum`)
}

function checkContent(content: Buffer, input: Buffer, sumAt: number): void {
  if (sumAt + 4 > input.length) throw corrupt('no content checksum')
  if (input.readUInt32LE(sumAt) !== xxHash32(content, 0, content.length)) throw corrupt('content checksum')
}

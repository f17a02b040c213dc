/*
 * What a Zstandard frame says of itself (RFC 8878, section 3.1), read before a decoder that trusts it: fzstd reserves a
 * window as large as the header claims, and content without an end.
 */
const magic = 0xfd2f_b528
const blockBytesMax = 128 * 1024
/** The smallest window in which every block fits: 2^(10 + 7). */
const windowExponentMin = 7

interface Frame {
  /** Undefined in frames of a single segment, whose window is the content. */
  readonly windowAt: number | undefined
  readonly contentBytes: number | undefined
  readonly hasChecksum: boolean
  readonly blocksAt: number
}

function corrupt(what: string): Error {
  return new Error(`corrupt zstd data: ${what}`)
}

function readFrame(data: Buffer, at: number): Frame {
  const descriptor = data[at + 4]!
  const contentSizeCode = descriptor >>> 6
  const isSingleSegment = (descriptor & 0b10_0000) !== 0
  if ((descriptor & 0b11) !== 0) throw corrupt('it needs a dictionary')
  const windowAt = isSingleSegment ? undefined : at + 5
  const sizeAt = at + (isSingleSegment ? 5 : 6)
  const sizeBytes = contentSizeCode > 0 ? 1 << contentSizeCode : isSingleSegment ? 1 : 0
  if (sizeAt + sizeBytes > data.length) throw corrupt('the header is cut off')
  let contentBytes = contentSizeCode === 1 ? 256 : 0
  for (let i = 0; i < sizeBytes; i++) contentBytes += data[sizeAt + i]! * 256 ** i
  return {
    windowAt,
    contentBytes: sizeBytes === 0 ? undefined : contentBytes,
    hasChecksum: (descriptor & 0b100) !== 0,
    blocksAt: sizeAt + sizeBytes,
  }
}

/** Goes over the blocks by their headers: where they end, and what they hold at most. */
function walkBlocks(data: Buffer, start: number): { readonly end: number; readonly bytesMax: number } {
  let bytesMax = 0
  for (let at = start; at + 3 <= data.length;) {
    const header = data.readUIntLE(at, 3)
    const size = header >>> 3
    const type = (header >>> 1) & 0b11
    if (type === 3 || size > blockBytesMax) throw corrupt('a block of no known kind')
    bytesMax += type === 2 ? blockBytesMax : size
    at += 3 + (type === 1 ? 1 : size)
    if ((header & 1) !== 0) return { end: at, bytesMax }
  }
  throw corrupt('it ends too early')
}

/**
 * Checks every frame against the limit, and makes the windows that they claim no larger than what they can hold: Java's
 * encoder does not know the size of a batch when it begins and claims two megabytes for any, which would be reserved and moved.
 *
 * @throws Error when a frame is cut off or may hold more than `contentBytesMax`
 */
export function withHonestWindows(data: Buffer, contentBytesMax: number): Buffer {
  const honest = Buffer.from(data)
  let total = 0
  for (let at = 0; at < data.length;) {
    if (at + 8 > data.length) throw corrupt('it ends too early')
    const word = data.readUInt32LE(at)
    if (word >>> 4 === 0x0184_d2a5) {
      at += 8 + data.readUInt32LE(at + 4)
      continue
    }
    if (word !== magic) throw corrupt('no magic number')
    const frame = readFrame(data, at)
    const { end, bytesMax } = walkBlocks(data, frame.blocksAt)
    if (frame.contentBytes !== undefined && frame.contentBytes > bytesMax)
      throw corrupt('it claims more than its blocks can hold')
    total += frame.contentBytes ?? bytesMax
    if (total > contentBytesMax) throw new Error('corrupt zstd data: the content is larger than allowed')
    if (frame.windowAt !== undefined) honest[frame.windowAt] = Math.min(data[frame.windowAt]!, windowFor(bytesMax))
    at = end + (frame.hasChecksum ? 4 : 0)
    if (at > data.length) throw corrupt('it ends too early')
  }
  return honest
}

/** The descriptor of the smallest window of a power of two that holds so many bytes. */
function windowFor(bytes: number): number {
  return Math.max(windowExponentMin, Math.ceil(Math.log2(Math.max(bytes, 1))) - 10) << 3
}

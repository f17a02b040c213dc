/* The raw Snappy format in plain TypeScript (google/snappy, format_description.txt): what runs where the addon did not install. */
import type { Slice } from '../lz4/block.ts'

const hashBits = 14
/** Matches are looked for within so many bytes: their distance fits 16 bits. */
const windowBytes = 65_535
/** No match begins behind this from the end: four bytes are compared at once. */
const matchFreeEnd = 4
const copyLengthMax = 64

/** Positions + 1 of what was seen last with each hash; 0 is none. One table, as nothing here is asynchronous. */
const seen = new Int32Array(1 << hashBits)

function sequenceAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** Room that a block needs at worst: its length, and literals with their tags. */
export function compressedBytesMax(length: number): number {
  return 32 + length + Math.floor(length / 6)
}

/** Compresses `source` to `out` from `at`, which has the room; returns where it ends. */
export function compressBlock(source: Slice, out: Uint8Array, start: number): number {
  const { bytes, end } = source
  seen.fill(0)
  let written = writeLength(out, start, end - source.start)
  let anchor = source.start
  let misses = 0
  for (let at = source.start; at <= end - matchFreeEnd;) {
    const sequence = sequenceAt(bytes, at)
    const slot = Math.imul(sequence, 0x1e35a7bd) >>> (32 - hashBits)
    const candidate = seen[slot]! - 1
    seen[slot] = at + 1
    if (candidate < source.start || at - candidate > windowBytes || sequenceAt(bytes, candidate) !== sequence) {
      at += 1 + (misses++ >> 5)
      continue
    }
    misses = 0
    written = writeLiteral(out, written, { bytes, start: anchor, end: at })
    const matched = matchLength(bytes, { candidate, at, end })
    written = writeCopy(out, written, at - candidate, matched)
    at += matched
    anchor = at
  }
  return writeLiteral(out, written, { bytes, start: anchor, end })
}

function matchLength(bytes: Uint8Array, match: { candidate: number; at: number; end: number }): number {
  let length = 4
  while (match.at + length < match.end && bytes[match.candidate + length] === bytes[match.at + length]) length++
  return length
}

function writeLength(out: Uint8Array, at: number, length: number): number {
  let next = at
  let rest = length
  for (; rest >= 0x80; rest >>>= 7) out[next++] = (rest & 0x7f) | 0x80
  out[next++] = rest
  return next
}

function writeLiteral(out: Uint8Array, at: number, { bytes, start, end }: Slice): number {
  const length = end - start
  if (length === 0) return at
  let next = at
  if (length <= 60) out[next++] = (length - 1) << 2
  else {
    const extra = length <= 0x100 ? 1 : length <= 0x1_0000 ? 2 : length <= 0x100_0000 ? 3 : 4
    out[next++] = (59 + extra) << 2
    for (let i = 0; i < extra; i++) out[next++] = (length - 1) >>> (8 * i)
  }
  for (let i = start; i < end; i++) out[next++] = bytes[i]!
  return next
}

/** In pieces of 64 bytes with a two-byte distance. */
function writeCopy(out: Uint8Array, at: number, distance: number, length: number): number {
  let next = at
  for (let rest = length; rest > 0; rest -= copyLengthMax) {
    out[next++] = ((Math.min(rest, copyLengthMax) - 1) << 2) | 0b10
    out[next++] = distance & 0xff
    out[next++] = distance >>> 8
  }
  return next
}

function corrupt(what: string): Error {
  return new Error(`corrupt Snappy block: ${what}`)
}

/** How many bytes the block says that it holds, and where it goes on. @throws Error when that is no 32-bit number */
export function readLength({ bytes, start, end }: Slice): { readonly length: number; readonly at: number } {
  let length = 0
  let at = start
  for (let scale = 1; at < end && scale <= 2 ** 28; scale *= 128) {
    const byte = bytes[at++]!
    length += (byte & 0x7f) * scale
    if (byte < 0x80) return { length, at }
  }
  throw corrupt('no length')
}

/**
 * Decompresses `source` to `target`, which has as many bytes as the block says that it holds.
 *
 * @throws Error when the block is not Snappy or does not fill the target
 */
export function decompressBlock(source: Slice, target: Slice): void {
  const { bytes, end } = source
  const out = target.bytes
  let { at } = readLength(source)
  let written = target.start
  while (at < end) {
    const tag = bytes[at++]!
    if ((tag & 0b11) === 0) {
      const extra = Math.max(0, (tag >>> 2) - 59)
      const length = (extra === 0 ? tag >>> 2 : littleEndian(bytes, at, extra)) + 1
      at += extra
      if (at + length > end || written + length > target.end) throw corrupt('a literal runs over the end')
      for (const stop = at + length; at < stop;) out[written++] = bytes[at++]!
      continue
    }
    const distance = copyDistance(bytes, at, tag)
    const length = (tag & 0b11) === 1 ? ((tag >>> 2) & 0b111) + 4 : (tag >>> 2) + 1
    at += distanceBytes[tag & 0b11]!
    if (at > end) throw corrupt('a copy without its distance')
    if (distance === 0 || written - distance < target.start) throw corrupt('a copy from before the start')
    if (written + length > target.end) throw corrupt('a copy runs over the end')
    for (let from = written - distance, stop = written + length; written < stop;) out[written++] = out[from++]!
  }
  if (written !== target.end) throw corrupt('it holds less than it says')
}

/** How many bytes of the distance stand behind the tag, by the tag's kind. */
const distanceBytes = [0, 1, 2, 4] as const

function copyDistance(bytes: Uint8Array, at: number, tag: number): number {
  if ((tag & 0b11) === 1) return ((tag >>> 5) << 8) | (bytes[at] ?? 0)
  return littleEndian(bytes, at, distanceBytes[tag & 0b11]!)
}

/** Unsigned; a byte behind the end of the buffer reads as 0. */
function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}

/* The LZ4 block format in plain TypeScript: what runs where the native addon did not install. */

const matchLengthMin = 4
/** The format's end rules: the last 5 bytes are literals, and no match starts within the last 12. */
const literalsAtEnd = 5
const matchFreeEnd = 12
const distanceMax = 65_535
const hashBits = 14

/** Positions + 1 of what was seen last with each hash; 0 is none. One table, as nothing here is asynchronous. */
const seen = new Int32Array(1 << hashBits)

export interface Slice {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

function sequenceAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** Compresses `source` to `target` and returns the bytes written; 0 when they do not fit, which means: store it as it is. */
export function compressBlock(source: Slice, target: Slice): number {
  const { bytes, start, end } = source
  seen.fill(0)
  let anchor = start
  let at = start
  let written = target.start
  let misses = 0
  while (at <= end - matchFreeEnd) {
    const sequence = sequenceAt(bytes, at)
    const slot = Math.imul(sequence, 0x9e3779b1) >>> (32 - hashBits)
    const candidate = seen[slot]! - 1
    seen[slot] = at + 1
    if (candidate < start || at - candidate > distanceMax || sequenceAt(bytes, candidate) !== sequence) {
      at += 1 + (misses++ >> 6)
      continue
    }
    misses = 0
    const length = matchLength(bytes, { candidate, at, limit: end - literalsAtEnd })
    written = writeSequence(target, written, { bytes, anchor, at, distance: at - candidate, length })
    if (written === 0) return 0
    at += length
    anchor = at
  }
  const last = writeSequence(target, written, { bytes, anchor, at: end, distance: 0, length: 0 })
  return last === 0 ? 0 : last - target.start
}

function matchLength(bytes: Uint8Array, match: { candidate: number; at: number; limit: number }): number {
  let length = matchLengthMin
  while (match.at + length < match.limit && bytes[match.candidate + length] === bytes[match.at + length]) length++
  return length
}

interface Sequence {
  readonly bytes: Uint8Array
  readonly anchor: number
  readonly at: number
  /** 0: literals only, the end of the block. */
  readonly distance: number
  readonly length: number
}

function writeSequence(target: Slice, position: number, sequence: Sequence): number {
  const { bytes, anchor, at, distance, length } = sequence
  const literals = at - anchor
  const extra = distance === 0 ? 0 : length - matchLengthMin
  const out = target.bytes
  if (position + 1 + literals + literals / 255 + 3 + extra / 255 > target.end) return 0
  let next = position
  out[next++] = (Math.min(literals, 15) << 4) | Math.min(extra, 15)
  if (literals >= 15) next = writeLength(out, next, literals - 15)
  for (let i = anchor; i < at; i++) out[next++] = bytes[i]!
  if (distance === 0) return next
  out[next++] = distance & 0xff
  out[next++] = distance >>> 8
  return extra >= 15 ? writeLength(out, next, extra - 15) : next
}

function writeLength(out: Uint8Array, position: number, length: number): number {
  let next = position
  let rest = length
  for (; rest >= 255; rest -= 255) out[next++] = 255
  out[next++] = rest
  return next
}

function corrupt(what: string): Error {
  return new Error(`corrupt LZ4 block: ${what}`)
}

/**
 * Decompresses `source` to `target.bytes` from `target.start`, never past `target.end`; returns the position after the
 * last byte written. A match may reach back to `historyStart`: the block's own start, or earlier in a frame of dependent blocks.
 *
 * @throws Error when the block is not LZ4 or does not fit
 */
export function decompressBlock(source: Slice, target: Slice, historyStart: number): number {
  const { bytes, end } = source
  const out = target.bytes
  let at = source.start
  let written = target.start
  while (at < end) {
    const token = bytes[at++]!
    let literals = token >>> 4
    if (literals === 15) for (let more = 255; more === 255; literals += more) more = lengthByte(source, at++)
    if (at + literals > end || written + literals > target.end) throw corrupt('literals run over the end')
    for (const stop = at + literals; at < stop;) out[written++] = bytes[at++]!
    if (at === end) return written
    if (at + 2 > end) throw corrupt('a match without its distance')
    const distance = bytes[at]! | (bytes[at + 1]! << 8)
    at += 2
    if (distance === 0 || written - distance < historyStart) throw corrupt('a match before the start')
    let length = token & 15
    if (length === 15) for (let more = 255; more === 255; length += more) more = lengthByte(source, at++)
    length += matchLengthMin
    if (written + length > target.end) throw corrupt('a match runs over the end')
    for (let from = written - distance, stop = written + length; written < stop;) out[written++] = out[from++]!
  }
  throw corrupt('it ends after a match')
}

function lengthByte(source: Slice, at: number): number {
  if (at >= source.end) throw corrupt('a length runs over the end')
  return source.bytes[at]!
}

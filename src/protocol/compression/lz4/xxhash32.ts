const prime1 = 0x9e3779b1
const prime2 = 0x85ebca77
const prime3 = 0xc2b2ae3d
const prime4 = 0x27d4eb2f
const prime5 = 0x165667b1

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function round(lane: number, input: number): number {
  return Math.imul(rotateLeft((lane + Math.imul(input, prime2)) | 0, 13), prime1)
}

function stripes(bytes: Uint8Array, start: number, end: number): number {
  let [a, b, c, d] = [(prime1 + prime2) | 0, prime2 | 0, 0, -prime1 | 0]
  for (let at = start; at + 16 <= end; at += 16) {
    a = round(a, word(bytes, at))
    b = round(b, word(bytes, at + 4))
    c = round(c, word(bytes, at + 8))
    d = round(d, word(bytes, at + 12))
  }
  return (rotateLeft(a, 1) + rotateLeft(b, 7) + rotateLeft(c, 12) + rotateLeft(d, 18)) | 0
}

/** xxHash32 with seed 0 of `bytes[start, end)`, unsigned: the checksum of LZ4 frames. */
export function xxHash32(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  let hash = length >= 16 ? stripes(bytes, start, end) : prime5
  hash = (hash + length) | 0
  let at = end - (length % 16)
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(rotateLeft((hash + Math.imul(word(bytes, at), prime3)) | 0, 17), prime4)
  }
  for (; at < end; at++) {
    hash = Math.imul(rotateLeft((hash + Math.imul(bytes[at]!, prime5)) | 0, 11), prime1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2)
  hash = Math.imul(hash ^ (hash >>> 13), prime3)
  return (hash ^ (hash >>> 16)) >>> 0
}

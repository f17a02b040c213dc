import { optionalAddon, type LoadAddon } from '../compression/optional-addon.ts'

/** CRC-32C (Castagnoli), which protects every record batch. Eight tables: eight bytes a step instead of one. */
const tables = Array.from({ length: 8 }, () => new Int32Array(256))

for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  tables[0]![byte] = crc
}
for (let byte = 0; byte < 256; byte++) {
  for (let k = 1; k < 8; k++) {
    const previous = tables[k - 1]![byte]!
    tables[k]![byte] = (previous >>> 8) ^ tables[0]![previous & 0xff]!
  }
}

const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
]

/** Of `bytes[start, end)`, unsigned. */
export type Crc32c = (bytes: Buffer, start: number, end: number) => number

export function typescriptCrc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1
  let at = start
  for (; at + 8 <= end; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc =
      t7[low & 0xff]! ^
      t6[(low >>> 8) & 0xff]! ^
      t5[(low >>> 16) & 0xff]! ^
      t4[low >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}

interface Crc32Addon {
  crc32c(bytes: Uint8Array): number
}

/** `@node-rs/crc32` where it installed: about seven times as fast. */
export function loadCrc32c(load?: LoadAddon): Crc32c {
  const addon = optionalAddon<Crc32Addon>('@node-rs/crc32', load)
  return addon === undefined ? typescriptCrc32c : (bytes, start, end) => addon.crc32c(bytes.subarray(start, end)) >>> 0
}

export const crc32c: Crc32c = loadCrc32c()

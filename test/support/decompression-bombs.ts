import { gzipSync } from 'node:zlib'
import { compress, compressionCode, type Compression } from '../../src/protocol/compression/compression.ts'
import { storedTexts } from './record-batches.ts'
import { sealed } from './likely-requests.ts'

const megabyte = 1024 * 1024
/** More than any batch may hold. */
const contentBytes = 320 * megabyte

function repeated(piece: Buffer, bytesOfPiece: number): Buffer {
  return Buffer.concat(Array.from({ length: contentBytes / bytesOfPiece }, () => piece))
}

/** Members of a gzip stream may follow one another. */
const gzip = (): Buffer => repeated(gzipSync(Buffer.alloc(16 * megabyte)), 16 * megabyte)

/** The frame of one block of 64 KB, with this block over and over. */
function lz4(): Buffer {
  const frame = compress(Buffer.alloc(65_536), 'lz4')
  return Buffer.concat([frame.subarray(0, 7), repeated(frame.subarray(7, -4), 65_536), frame.subarray(-4)])
}

/** A block that claims four gigabytes, the largest that its length can say. */
const snappy = (): Buffer => Buffer.from('ffffffff0f00616263', 'hex')

/** A frame without a size; blocks of 128 KB of one byte each, the last one marked. */
function zstd(): Buffer {
  const block = Buffer.from([0b010, 0, 0x10, 0x61])
  const last = Buffer.from([0b011, 0, 0x10, 0x61])
  return Buffer.concat([Buffer.from('28b52ffd0088', 'hex'), repeated(block, 131_072), last])
}

const contents: Readonly<Record<Exclude<Compression, 'none'>, () => Buffer>> = { gzip, snappy, lz4, zstd }

interface Bomb {
  readonly compression: Compression
  make(): Buffer
}

/** Batches of a few kilobytes up to a megabyte that hold, or claim, more than a batch may. */
export const decompressionBombs: readonly Bomb[] = Object.entries(contents).map(([name, content]) => {
  const compression = name as Compression
  const make = (): Buffer => {
    const header = Buffer.from(storedTexts(['x']).subarray(0, 61))
    header[22] = compressionCode[compression]
    return sealed(Buffer.concat([header, content()]))
  }
  return { compression, make }
})

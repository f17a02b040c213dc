import { gunzipSync, gzipSync } from 'node:zlib'
import { compressFrame, decompressFrame } from './lz4/frame.ts'
import { compressSnappy, decompressSnappy } from './snappy/framing.ts'
import { compressZstd, decompressZstd } from './zstd.ts'

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** The low three bits of a record batch's attributes. */
export const compressionCode = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

/**
 * The largest content of one compressed batch that is read: a few kilobytes can claim gigabytes. A broker takes batches of
 * 1 MB by default (message.max.bytes) and LZ4 cannot shrink by more than 255, so nothing honest comes near it.
 */
const contentBytesMax: number = 256 * 1024 * 1024

/** The compressed content behind `headroom` bytes for a header. */
export function compress(content: Buffer, compression: Compression, headroom = 0): Buffer {
  switch (compression) {
    case 'lz4':
      return compressFrame(content, { headroom })
    case 'snappy':
      return compressSnappy(content, { headroom })
    case 'none':
      return behind(headroom, content)
    case 'gzip':
      // Level 1, as fast as it gets: a stream has no time for the last percent.
      return behind(headroom, gzipSync(content, { level: 1 }))
    case 'zstd':
      return behind(headroom, compressZstd(content))
  }
}

function behind(headroom: number, content: Buffer): Buffer {
  const output = Buffer.allocUnsafe(headroom + content.length)
  content.copy(output, headroom)
  return output
}

/**
 * The content of what was compressed with the codec of `code`.
 *
 * @throws Error when it is corrupt, larger than `bytesMax`, or the code is of no compression
 */
export function decompress(data: Buffer, code: number, bytesMax: number = contentBytesMax): Buffer {
  switch (code) {
    case compressionCode.none:
      return data
    case compressionCode.gzip:
      return gunzipSync(data, { maxOutputLength: bytesMax })
    case compressionCode.snappy:
      return decompressSnappy(data, { contentBytesMax: bytesMax })
    case compressionCode.lz4:
      return decompressFrame(data, { contentBytesMax: bytesMax })
    case compressionCode.zstd:
      return decompressZstd(data, bytesMax)
    default:
      throw new Error(`unknown compression ${code}`)
  }
}

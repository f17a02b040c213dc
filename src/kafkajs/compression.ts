import { gunzipSync, gzipSync } from 'node:zlib'
import { kafkaJsCodecs } from './kafkajs-library.ts'
import { compressFrame, decompressFrame } from './lz4/frame.ts'

export type Compression = 'none' | 'gzip' | 'lz4'

/** The low three bits of a record batch's attributes. */
export const compressionCode = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

/**
 * The largest content of one compressed batch that is read. A broker takes batches of 1 MB by default
 * (message.max.bytes) and LZ4 cannot shrink by more than 255, so nothing honest comes near it.
 */
const contentBytesMax = 256 * 1024 * 1024

/**
 * KafkaJS ships no LZ4, and its table of codecs is one for the process: a KafkaJS client beside us would fail on our
 * topics. One that somebody else put there stays.
 */
function registerLz4(): void {
  const codec = {
    compress: async (encoder: { buffer: Buffer }) => compressFrame(encoder.buffer),
    decompress: async (data: Buffer) => decompressFrame(data, { contentBytesMax }),
  }
  try {
    kafkaJsCodecs[compressionCode.lz4]!()
  } catch {
    kafkaJsCodecs[compressionCode.lz4] = () => codec
  }
}

registerLz4()

export function compress(data: Buffer, compression: Exclude<Compression, 'none'>): Buffer {
  // Level 1, as fast as it gets: a stream has no time for the last percent.
  return compression === 'lz4' ? compressFrame(data) : gzipSync(data, { level: 1 })
}

/** True when the codec is one of ours: without a promise per batch. Snappy and zstd are brought by KafkaJS's table of codecs. */
export function isSynchronous(code: number): boolean {
  return code === compressionCode.none || code === compressionCode.gzip || code === compressionCode.lz4
}

export function decompressNow(data: Buffer, code: number): Buffer {
  if (code === compressionCode.none) return data
  if (code === compressionCode.gzip) return gunzipSync(data, { maxOutputLength: contentBytesMax })
  return decompressFrame(data, { contentBytesMax })
}

/** @throws KafkaJS's own error when no codec was registered for the code */
export async function decompressForeign(data: Buffer, code: number): Promise<Buffer> {
  const codec = kafkaJsCodecs[code]
  if (codec === undefined) throw new Error(`unknown compression code ${code}`)
  return codec().decompress(data)
}

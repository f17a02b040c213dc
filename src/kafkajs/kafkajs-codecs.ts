import { compress, compressionCode, decompress } from '../protocol/compression/compression.ts'
import { kafkaJsCodecs } from './kafkajs-library.ts'

/**
 * KafkaJS ships gzip only, and its table of codecs is one for the process: a KafkaJS client beside us would fail on our
 * topics. A codec that somebody else put there stays.
 */
for (const name of ['snappy', 'lz4', 'zstd'] as const) {
  const code = compressionCode[name]
  const codec = {
    compress: async (encoder: { buffer: Buffer }) => compress(encoder.buffer, name),
    decompress: async (data: Buffer) => decompress(data, code),
  }
  try {
    kafkaJsCodecs[code]!()
  } catch {
    kafkaJsCodecs[code] = () => codec
  }
}

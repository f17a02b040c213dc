/** What KafkaJS asks of a codec. */
export interface KafkaJsCodec {
  /** The bytes of a batch's records, compressed. */
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  /** The bytes of a batch's records as they were. */
  decompress(data: Buffer): Promise<Buffer>
}

/**
 * A codec for KafkaJS, which brings gzip only: with it a client of KafkaJS's reads what an app writes (LZ4, unless
 * `compression` says otherwise).
 *
 *     import kafkajs from 'kafkajs'
 *     kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4] = kafkaJsCodec('lz4')
 */
export function kafkaJsCodec(name: 'snappy' | 'lz4' | 'zstd'): () => KafkaJsCodec {
  return () => ({
    async compress({ buffer }) {
      const { compress } = await compression()
      return compress(buffer, name)
    },
    async decompress(data) {
      const { compressionCode, decompress } = await compression()
      return decompress(data, compressionCode[name])
    },
  })
}

/** Loaded when it is needed: who does not use KafkaJS has no use for the addons that come with it. */
const compression = (): Promise<typeof import('../protocol/compression/compression.ts')> =>
  import('../protocol/compression/compression.ts')

/* A batch with something changed that its checksum covers: always a copy, as what came belongs to the request. */
import {
  attribute,
  BatchHeader,
  batchOverhead,
  writeHeader,
  type HeaderFields,
} from '../../protocol/records/batch-header.ts'
import { compress, compressionCode, decompress, type Compression } from '../../protocol/compression/compression.ts'
import { ConfigError } from '../../core/errors.ts'
import type { LogConfig } from './log-config.ts'

/** The batch in `bytes`, behind whose header the records stand: everything as in `batch` but for `fields`. */
export function rewritten(batch: BatchHeader, bytes: Buffer, fields: Partial<HeaderFields>): BatchHeader {
  const { attributes, lastOffsetDelta, baseTimestamp, maxTimestamp, count } = batch
  const header = writeHeader(bytes, { attributes, lastOffsetDelta, baseTimestamp, maxTimestamp, count, ...fields })
  header.baseOffset = batch.baseOffset
  header.leaderEpoch = batch.leaderEpoch
  const { producerId, producerEpoch, firstSequence, isTransactional } = batch
  header.stamp({ producerId, producerEpoch, firstSequence, transactional: isTransactional })
  return header
}

export function withTimestamps(
  batch: BatchHeader,
  { maxTimestamp, appendTime }: { readonly maxTimestamp: number; readonly appendTime: boolean },
): BatchHeader {
  const others = batch.attributes & ~attribute.appendTime
  const bytes = Buffer.from(batch.bytes.subarray(batch.start, batch.end))
  return rewritten(batch, bytes, { attributes: others | (appendTime ? attribute.appendTime : 0), maxTimestamp })
}

/** As `compression.type` of a topic asks. Where this Node cannot write zstd the batch stays as it came. */
export function recompressed(batch: BatchHeader, type: Exclude<LogConfig['compressionType'], 'producer'>): BatchHeader {
  const compression: Compression = type === 'uncompressed' ? 'none' : type
  const code = compressionCode[compression]
  if (batch.compressionCode === code) return batch
  const content = decompress(batch.bytes.subarray(batch.bodyStart, batch.end), batch.compressionCode)
  const bytes = unlessUnable(() => compress(content, compression, batchOverhead))
  if (bytes === undefined) return batch
  return rewritten(batch, bytes, { attributes: (batch.attributes & ~attribute.compression) | code })
}

export function unlessUnable(write: () => Buffer): Buffer | undefined {
  try {
    return write()
  } catch (error) {
    if (error instanceof ConfigError) return undefined
    throw error
  }
}

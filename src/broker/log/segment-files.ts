/* What stands beside a segment that is no longer written to, so that opening a log reads its last segment only. */
import type { ByteReader } from '../../protocol/wire/byte-reader.ts'
import type { ByteWriter } from '../../protocol/wire/byte-writer.ts'
import type { AbortedTransaction } from './aborted-transactions.ts'
import { decodeChecked, encodeChecked } from './checked-file.ts'
import type { ProducedBatch, ProducerState } from './producer-state.ts'
import { SegmentIndex } from './segment-index.ts'
import { segmentPath } from './segment-path.ts'
import { Segment } from './segment.ts'
import type { Storage } from './storage.ts'

const version = 1

export interface LogFolder {
  readonly storage: Storage
  readonly folder: string
}

/** `.idx`: the index, and the aborted transactions whose markers stand in the segment. */
export function writeIndex(
  { storage, folder }: LogFolder,
  segment: Segment,
  aborted: readonly AbortedTransaction[],
): void {
  const content = encodeChecked(version, (writer) => {
    writer.int64(segment.sizeInBytes)
    writer.int64(segment.endOffset)
    writer.int64(segment.maxTimestamp)
    writer.int64(segment.firstTimestamp)
    writer.int64(segment.createdMs)
    writeArray(writer, aborted, (transaction) => {
      writer.int64(transaction.producerId)
      writer.int64(transaction.firstOffset)
      writer.int64(transaction.lastOffset)
      writer.int64(transaction.lastStableOffset)
    })
    const { index } = segment
    writer.int32(index.count)
    for (let i = 0; i < index.count; i++) {
      writer.int32(index.offsetAt(i))
      writer.int32(index.positionAt(i))
      writer.int64(index.timestampBeforeAt(i))
    }
  })
  storage.replace(segmentPath(folder, segment.baseOffset, '.idx'), content)
}

/** Undefined when the index does not fit the segment: then the segment is to be scanned. */
export function readIndexed(
  { storage, folder }: LogFolder,
  baseOffset: number,
): { readonly segment: Segment; readonly aborted: readonly AbortedTransaction[] } | undefined {
  const file = storage.open(segmentPath(folder, baseOffset, '.log'))
  const read = decodeChecked(storage.read(segmentPath(folder, baseOffset, '.idx')), version, (reader) => {
    if (reader.int64() !== file.size) return undefined
    const segment = new Segment(baseOffset, file, 0)
    segment.endOffset = reader.int64()
    segment.maxTimestamp = reader.int64()
    segment.firstTimestamp = reader.int64()
    segment.createdMs = reader.int64()
    const aborted = reader.array(readAborted)
    readEntries(reader, segment.index)
    return { segment, aborted }
  })
  if (read === undefined) file.close()
  return read
}

function readAborted(reader: ByteReader): AbortedTransaction {
  return {
    producerId: reader.int64(),
    firstOffset: reader.int64(),
    lastOffset: reader.int64(),
    lastStableOffset: reader.int64(),
  }
}

function readEntries(reader: ByteReader, index: SegmentIndex): void {
  const count = reader.int32()
  for (let i = 0; i < count; i++) index.put(reader.uint32(), reader.uint32(), reader.int64())
}

/** `.producers`: what was known of producers when the segment began. */
export function writeProducers(
  { storage, folder }: LogFolder,
  baseOffset: number,
  producers: ReadonlyMap<number, ProducerState>,
): void {
  const content = encodeChecked(version, (writer) =>
    writeArray(writer, [...producers], ([producerId, state]) => {
      writer.int64(producerId)
      writer.int16(state.epoch)
      writer.int64(state.transactionOffset)
      writer.int32(state.coordinatorEpoch)
      writer.int64(state.lastSeenMs)
      writeArray(writer, state.batches, (batch) => {
        writer.int32(batch.firstSequence)
        writer.int32(batch.lastSequence)
        writer.int64(batch.baseOffset)
        writer.int64(batch.lastOffset)
        writer.int64(batch.appendTime)
      })
    }),
  )
  storage.replace(segmentPath(folder, baseOffset, '.producers'), content)
}

export function readProducers(
  { storage, folder }: LogFolder,
  baseOffset: number,
): ReadonlyMap<number, ProducerState> | undefined {
  return decodeChecked(
    storage.read(segmentPath(folder, baseOffset, '.producers')),
    version,
    (reader) => new Map(reader.array((item) => [item.int64(), readProducer(item)] as const)),
  )
}

function readProducer(reader: ByteReader): ProducerState {
  return {
    epoch: reader.int16(),
    transactionOffset: reader.int64(),
    coordinatorEpoch: reader.int32(),
    lastSeenMs: reader.int64(),
    batches: reader.array(readProduced),
  }
}

function readProduced(reader: ByteReader): ProducedBatch {
  return {
    firstSequence: reader.int32(),
    lastSequence: reader.int32(),
    baseOffset: reader.int64(),
    lastOffset: reader.int64(),
    appendTime: reader.int64(),
  }
}

function writeArray<T>(writer: ByteWriter, items: readonly T[], write: (item: T) => void): void {
  writer.int32(items.length)
  for (const item of items) write(item)
}

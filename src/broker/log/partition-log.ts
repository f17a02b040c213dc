/*
 * The log of one partition: what Kafka's UnifiedLog is. One node holds it, so that what is appended is replicated, and the end
 * offset is the high watermark. Time comes in with each call. Refusals of Kafka come back as codes; what throws is a failure
 * of the storage (StateError) or of the bytes on it (BrokerError `MILLRACE_RECORDS_CORRUPT`).
 */
import { BatchHeader } from '../../protocol/records/batch-header.ts'
import { writeMarker } from '../../protocol/records/control-batch.ts'
import type { RecordsPlace } from '../../protocol/records/corrupt-records.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import { AbortedTransactions, type AbortedTransaction } from './aborted-transactions.ts'
import { AppendRejection, type RecordError } from './append-rejection.ts'
import { checkBatches } from './check-batches.ts'
import type { LogConfig } from './log-config.ts'
import { LogSegments } from './log-segments.ts'
import { ProducerStage, Producers, type TransactionEnd } from './producers.ts'
import type { BatchSpan } from './segment.ts'
import type { Storage } from './storage.ts'

export interface AppendResult {
  /** Kafka's; 0 when the records are in the log, or were before (a repeated idempotent batch). */
  readonly errorCode: number
  readonly baseOffset: number
  /** -1 unless the broker sets the timestamps. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  readonly recordErrors: readonly RecordError[]
  readonly errorMessage: string | null
}

export interface ReadOptions {
  readonly offset: number
  /** The first batch comes whole even when it is larger. */
  readonly maxBytes: number
  /** Nothing from the first open transaction on, and the list of the aborted ones (isolation level read_committed). */
  readonly committed: boolean
}

export interface ReadResult {
  /** 0 or OFFSET_OUT_OF_RANGE. */
  readonly errorCode: number
  /** Whole batches, the first of which may begin before the offset. Later appends do not change them. */
  readonly records: Buffer
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Null unless `committed`. */
  readonly aborted: readonly AbortedTransaction[] | null
}

export interface MarkerOptions extends TransactionEnd {
  readonly type: 'commit' | 'abort'
}

export interface PartitionLogOptions {
  readonly storage: Storage
  /** Of this log alone. */
  readonly folder: string
  readonly topic: string
  readonly partition: number
  readonly config: LogConfig
  readonly nowMs: number
}

const nothing = Buffer.alloc(0)
/** Offset, length and leader epoch: what the broker sets stands in it, before what the checksum covers. */
const prefixBytes = 16

export class PartitionLog {
  readonly place: RecordsPlace
  /** Follows the topic's settings: set it when they change. */
  config: LogConfig
  readonly #segments: LogSegments
  readonly #producers: Producers
  readonly #aborted: AbortedTransactions
  #logStartOffset = 0
  readonly #leaderEpoch = 0
  readonly #listeners = new Set<() => void>()

  static open(options: PartitionLogOptions): PartitionLog {
    return new PartitionLog(options)
  }

  private constructor({ storage, folder, topic, partition, config, nowMs }: PartitionLogOptions) {
    this.place = { topic, partition }
    this.config = config
    this.#segments = new LogSegments(storage, folder, [])
    this.#segments.add(0, nowMs)
    this.#producers = new Producers()
    this.#aborted = new AbortedTransactions()
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** The offset of the next record, and the high watermark. */
  get endOffset(): number {
    return this.#segments.active.endOffset
  }

  /** Readers of committed records see nothing from here on. */
  get lastStableOffset(): number {
    return Math.max(this.#logStartOffset, this.#producers.firstOpenOffset ?? this.endOffset)
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  get sizeInBytes(): number {
    return this.#segments.sizeInBytes
  }

  /**
   * Record batches as a client sent them. All are appended or none. The bytes are copied or written before this returns, and
   * are not changed.
   */
  append(records: Buffer, nowMs: number): AppendResult {
    try {
      const batches = checkBatches(records, { config: this.config, nowMs, place: this.place })
      return this.#appendChecked(batches, nowMs)
    } catch (error) {
      if (!(error instanceof AppendRejection)) throw error
      const { errorCode, message, recordErrors } = error
      return { ...this.#appended(-1, -1), errorCode, recordErrors, errorMessage: message }
    }
  }

  #appended(baseOffset: number, logAppendTimeMs: number): AppendResult {
    const logStartOffset = this.#logStartOffset
    return { errorCode: 0, baseOffset, logAppendTimeMs, logStartOffset, recordErrors: [], errorMessage: null }
  }

  #appendChecked(batches: readonly BatchHeader[], nowMs: number): AppendResult {
    const baseOffset = this.endOffset
    const stage = new ProducerStage(this.#producers)
    let end = baseOffset
    for (const batch of batches) {
      const repeated = stage.check(batch)
      if (repeated !== undefined) return this.#appended(repeated.baseOffset, repeated.appendTime)
      stage.add(batch, end, nowMs)
      end += batch.lastOffsetDelta + 1
    }
    this.#write(batches, nowMs)
    stage.commit()
    this.#changed()
    return this.#appended(baseOffset, this.config.messageTimestampType === 'LogAppendTime' ? nowMs : -1)
  }

  #write(batches: readonly BatchHeader[], nowMs: number): void {
    const parts: Buffer[] = []
    const spans: { span: BatchSpan; bytes: number }[] = []
    let baseOffset = this.endOffset
    for (const batch of batches) {
      parts.push(this.#prefix(batch, baseOffset), batch.bytes.subarray(batch.start + prefixBytes, batch.end))
      const lastOffset = baseOffset + batch.lastOffsetDelta
      spans.push({ span: { baseOffset, lastOffset, maxTimestamp: batch.maxTimestamp }, bytes: batch.sizeInBytes })
      baseOffset = lastOffset + 1
    }
    this.#rollIfNeeded(spans, nowMs)
    this.#segments.active.append(parts, spans)
  }

  #prefix(batch: BatchHeader, baseOffset: number): Buffer {
    const bytes = Buffer.from(batch.bytes.subarray(batch.start, batch.start + prefixBytes))
    const header = new BatchHeader(bytes, 0)
    header.baseOffset = baseOffset
    header.leaderEpoch = this.#leaderEpoch
    return bytes
  }

  #rollIfNeeded(spans: readonly { readonly span: BatchSpan; readonly bytes: number }[], nowMs: number): void {
    const { active } = this.#segments
    const bytes = spans.reduce((sum, one) => sum + one.bytes, 0)
    const maxTimestamp = Math.max(...spans.map(({ span }) => span.maxTimestamp))
    const lastOffset = spans.at(-1)!.span.lastOffset
    if (active.mustRoll({ bytes, maxTimestamp, lastOffset, nowMs }, this.config))
      this.#segments.add(this.endOffset, nowMs)
  }

  /** Ends a transaction here: the coordinator's control batch, which makes the last stable offset move on. */
  writeMarker(
    { type, producerId, epoch, coordinatorEpoch }: MarkerOptions,
    nowMs: number,
  ): { readonly errorCode: number } {
    const marker = { type, coordinatorEpoch, producerId: BigInt(producerId), producerEpoch: epoch, timestamp: nowMs }
    try {
      this.#producers.checkEnd({ producerId, epoch, coordinatorEpoch })
    } catch (error) {
      if (error instanceof AppendRejection) return { errorCode: error.errorCode }
      throw error
    }
    const lastOffset = this.endOffset
    this.#write([new BatchHeader(writeMarker(marker), 0)], nowMs)
    const firstOffset = this.#producers.endTransaction({ producerId, epoch, coordinatorEpoch }, nowMs)
    if (type === 'abort' && firstOffset >= 0)
      this.#aborted.add({ producerId, firstOffset, lastOffset, lastStableOffset: this.lastStableOffset })
    this.#changed()
    return { errorCode: kafkaError.NONE }
  }

  read({ offset, maxBytes, committed }: ReadOptions): ReadResult {
    const limit = committed ? this.lastStableOffset : this.endOffset
    const inRange = offset >= this.#logStartOffset && offset <= this.endOffset
    const records = inRange && offset < limit ? this.#readBatches(offset, maxBytes, limit) : nothing
    return {
      errorCode: inRange ? kafkaError.NONE : kafkaError.OFFSET_OUT_OF_RANGE,
      records,
      highWatermark: this.endOffset,
      lastStableOffset: this.lastStableOffset,
      logStartOffset: this.#logStartOffset,
      aborted: committed ? this.#abortedIn(offset, records) : null,
    }
  }

  /** Compaction may leave nothing in the rest of a segment. */
  #readBatches(offset: number, maxBytes: number, limit: number): Buffer {
    const { all } = this.#segments
    for (let i = this.#segments.indexOf(offset); i < all.length; i++) {
      const records = all[i]!.read({ offset, maxBytes, limit })
      if (records !== undefined) return records
    }
    return nothing
  }

  #abortedIn(offset: number, records: Buffer): AbortedTransaction[] {
    let end = offset
    for (let at = 0; at < records.length;) {
      const batch = new BatchHeader(records, at)
      end = batch.lastOffset + 1
      at = batch.end
    }
    return end === offset ? [] : this.#aborted.overlapping(offset, end)
  }

  /** Calls back whenever offsets have moved, until the returned function is called: for long polls. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #changed(): void {
    // Only those of now: one that waits again from within its call would be called without end.
    const listeners = [...this.#listeners]
    for (const listener of listeners) listener()
  }
}

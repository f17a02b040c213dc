/*
 * The log of one partition (Kafka's UnifiedLog). One node holds it: the end offset is the high watermark. Refusals of Kafka come
 * back as codes; what throws is a failure of the storage (StateError) or of its bytes (BrokerError `MILLRACE_RECORDS_CORRUPT`).
 */
import { BatchHeader } from '../../protocol/records/batch-header.ts'
import { writeMarker } from '../../protocol/records/control-batch.ts'
import type { RecordsPlace } from '../../protocol/records/corrupt-records.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import type { AbortedTransactions } from './aborted-transactions.ts'
import { AppendRejection } from './append-rejection.ts'
import { checkBatches } from './check-batches.ts'
import type { LogConfig } from './log-config.ts'
import { LogSegments } from './log-segments.ts'
import { ProducerStage, type Producers } from './producers.ts'
import { firstAtOrAfter, type TimestampedOffset } from './offset-lookup.ts'
import type { ProducerState } from './producer-state.ts'
import { endOffsetOf } from './batch-scan.ts'
import { recoverLog } from './recover-log.ts'
import { countDeletable } from './retention.ts'
import type { LogFolder } from './segment-files.ts'
import type {
  AppendResult,
  MarkerOptions,
  PartitionLogOptions,
  ReadOptions,
  ReadResult,
} from './partition-log-options.ts'
import { toStored } from './stored-batches.ts'
import { LogCheckpoint, type EpochEnd } from './log-checkpoint.ts'
import { compactionSteps, runPaced, type CompactionOptions } from './compaction.ts'

export class PartitionLog {
  readonly place: RecordsPlace
  /** Follows the topic's settings: set it when they change. */
  config: LogConfig
  readonly #files: LogFolder
  #segments: LogSegments
  #producers: Producers
  #aborted: AbortedTransactions
  readonly #checkpoint: LogCheckpoint
  #isCleaning = false
  #isClosed = false
  readonly #listeners = new Set<() => void>()

  /** Takes up what stands in the folder, whatever a crash has left of it (`recover-log.ts`). */
  static open(options: PartitionLogOptions): PartitionLog {
    return new PartitionLog(options)
  }

  private constructor({ storage, folder, topic, partition, config, nowMs }: PartitionLogOptions) {
    this.place = { topic, partition }
    this.config = config
    this.#files = { storage, folder }
    const recovered = recoverLog({ ...this.#files, place: this.place, nowMs })
    this.#segments = new LogSegments(this.#files, recovered.segments)
    this.#producers = recovered.producers
    this.#aborted = recovered.aborted
    this.#checkpoint = new LogCheckpoint(this.#files, recovered.checkpoint)
  }

  get logStartOffset(): number {
    return Math.max(this.#checkpoint.logStartOffset, this.#segments.all[0]!.baseOffset)
  }

  /** The offset of the next record, and the high watermark. */
  get endOffset(): number {
    return this.#segments.active.endOffset
  }

  /** Readers of committed records see nothing from here on. */
  get lastStableOffset(): number {
    return Math.max(this.logStartOffset, this.#producers.firstOpenOffset ?? this.endOffset)
  }

  /** What the broker knows of producers, for DescribeProducers. */
  get producers(): ReadonlyMap<number, ProducerState> {
    return this.#producers.states
  }

  get leaderEpoch(): number {
    return this.#checkpoint.leaderEpoch
  }

  get isClosed(): boolean {
    return this.#isClosed
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
    const { logStartOffset } = this
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
    const stored = toStored(batches, this.endOffset, this.leaderEpoch)
    if (this.#segments.active.mustRoll({ ...stored, nowMs }, this.config)) this.#roll(nowMs)
    this.#segments.active.append(stored.parts, stored.spans)
  }

  #roll(nowMs: number): void {
    this.#segments.roll(nowMs, { producers: this.#producers, aborted: this.#aborted })
  }

  /** Ends a transaction here: the coordinator's control batch, which makes the last stable offset move on. */
  writeMarker(options: MarkerOptions, nowMs: number): { readonly errorCode: number } {
    const { type, producerId, epoch, coordinatorEpoch } = options
    const marker = { type, coordinatorEpoch, producerId: BigInt(producerId), producerEpoch: epoch, timestamp: nowMs }
    const errorCode = this.#producers.endError({ producerId, epoch, coordinatorEpoch })
    if (errorCode !== kafkaError.NONE) return { errorCode }
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
    const inRange = offset >= this.logStartOffset && offset <= this.endOffset
    const records = inRange && offset < limit ? this.#segments.read({ offset, maxBytes, limit }) : Buffer.alloc(0)
    return {
      errorCode: inRange ? kafkaError.NONE : kafkaError.OFFSET_OUT_OF_RANGE,
      records,
      highWatermark: this.endOffset,
      lastStableOffset: this.lastStableOffset,
      logStartOffset: this.logStartOffset,
      aborted: committed ? this.#aborted.overlapping(offset, endOffsetOf(records) ?? offset) : null,
    }
  }

  /** The first record with a timestamp of at least this; undefined when there is none (ListOffsets). */
  offsetForTime(timestamp: number): TimestampedOffset | undefined {
    return firstAtOrAfter(this.#segments.all, { timestamp, logStartOffset: this.logStartOffset, place: this.place })
  }

  /** The first of the records with the largest timestamp; undefined when there is none (KIP-734). */
  maxTimestampOffset(): TimestampedOffset | undefined {
    const { largestTimestamp } = this.#segments
    return largestTimestamp < 0 ? undefined : this.offsetForTime(largestTimestamp)
  }

  /** Where an epoch ends (KIP-320); undefined for one that has not been. */
  endOffsetForEpoch(epoch: number): EpochEnd | undefined {
    return this.#checkpoint.endOffsetForEpoch(epoch, this.endOffset)
  }

  /** As if another broker had led this partition meanwhile. */
  bumpLeaderEpoch(): void {
    this.#checkpoint.bumpEpoch(this.endOffset)
    this.#changed()
  }

  /**
   * Makes `offset` the first one that can be read; -1 stands for the end. Files go when nothing in them can be read any more.
   *
   * @returns OFFSET_OUT_OF_RANGE behind the end; an offset before the start changes nothing
   */
  deleteRecordsBefore(offset: number, nowMs: number): { readonly errorCode: number; readonly logStartOffset: number } {
    const target = offset === -1 ? this.endOffset : offset
    if (target < 0 || target > this.endOffset) return { errorCode: kafkaError.OFFSET_OUT_OF_RANGE, logStartOffset: -1 }
    if (target > this.logStartOffset) {
      this.#checkpoint.note({ logStartOffset: target })
      this.#segments.forgetBefore(target)
      // What is old by time or size waits for its turn, as in Kafka.
      this.#deleteSegments(nowMs, { ...this.config, cleanupPolicy: { delete: false, compact: false } })
      this.#changed()
    }
    return { errorCode: kafkaError.NONE, logStartOffset: this.logStartOffset }
  }

  /** Deletes the oldest segments as `retention.ms` and `retention.bytes` ask, and those before the log's start. */
  enforceRetention(nowMs: number): void {
    this.#deleteSegments(nowMs, this.config)
  }

  #deleteSegments(nowMs: number, config: LogConfig): void {
    if (this.#isCleaning) return
    const { logStartOffset } = this
    const count = countDeletable(this.#segments.all, { config, nowMs, logStartOffset })
    if (count === 0) return
    // What stays is one to write to, at the offset that is next.
    if (count === this.#segments.all.length) this.#roll(nowMs)
    this.#checkpoint.note({ logStartOffset: Math.max(logStartOffset, this.#segments.all[count]!.baseOffset) })
    this.#segments.removeFirst(count)
    this.#aborted.replaceEndingIn(0, this.logStartOffset, [])
    this.#changed()
  }

  /**
   * Where `cleanup.policy` says compact and enough is dirty: keeps the last value of each key. `pause` is waited for after every
   * megabyte, so that others have their turn. Other retention waits until it is done.
   */
  async compact(nowMs: number, pause: () => Promise<void>): Promise<void> {
    if (!this.config.cleanupPolicy.compact || this.#isCleaning) return
    this.#isCleaning = true
    const segments = this.#segments
    // A log that was cut off meanwhile has other segments: what this one cleans is thrown away.
    const goesOn = (): boolean => !this.#isClosed && this.#segments === segments
    try {
      const cleanedOffset = (await runPaced(compactionSteps(this.#cleanable(nowMs)), pause, goesOn)) ?? 0
      if (cleanedOffset > this.#checkpoint.cleanedOffset) this.#checkpoint.note({ cleanedOffset })
    } finally {
      this.#isCleaning = false
    }
  }

  #cleanable(nowMs: number): CompactionOptions {
    const { config, place, lastStableOffset } = this
    const cleanedOffset = Math.min(this.#checkpoint.cleanedOffset, this.endOffset)
    const parts = { segments: this.#segments, aborted: this.#aborted, producers: this.#producers }
    return { ...parts, config, place, nowMs, cleanedOffset, lastStableOffset }
  }

  /** Forgets producers that have not written for so long (`producer.id.expiration.ms`): their next batch begins anew. */
  expireProducers(nowMs: number, expirationMs = 86_400_000): void {
    this.#producers.expire(nowMs, expirationMs)
  }

  /**
   * Loses its end, as when a replica that had not got all of it becomes the leader (unclean leader election): batches that reach
   * `offset` are gone whole, and a new leader epoch begins where the log ends now.
   *
   * @returns OFFSET_OUT_OF_RANGE when the offset is not in the log
   */
  truncateTo(offset: number, nowMs: number): { readonly errorCode: number } {
    if (offset < this.logStartOffset || offset > this.endOffset) return { errorCode: kafkaError.OFFSET_OUT_OF_RANGE }
    if (offset < this.endOffset) {
      this.#segments.truncate(offset, this.place)
      this.#segments.close()
      // What was known of producers and transactions was of records that are gone: it is read from what is left.
      const recovered = recoverLog({ ...this.#files, place: this.place, nowMs })
      this.#segments = new LogSegments(this.#files, recovered.segments)
      ;({ producers: this.#producers, aborted: this.#aborted } = recovered)
      this.#checkpoint.note({ cleanedOffset: Math.min(this.#checkpoint.cleanedOffset, this.endOffset) })
    }
    this.bumpLeaderEpoch()
    return { errorCode: kafkaError.NONE }
  }

  /** Calls back whenever offsets have moved, until the returned function is called: for long polls. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Only those of now: one that waits again from within its call would be called without end. */
  #changed(): void {
    for (const listener of Array.from(this.#listeners)) listener()
  }

  /** Lets go of its files, which stay. Who waits is called, and finds it closed. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#segments.close()
    this.#changed()
  }

  /** Closes it, and deletes its folder. */
  delete(): void {
    this.close()
    this.#files.storage.remove(this.#files.folder)
  }
}

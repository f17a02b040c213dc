/*
 * Kafka as the runtime sees it (docs/ARCHITECTURE.md, law 5): pull-based, batches in and batches out. Implemented by `kafkajs/` now, by
 * our own client next; every implementation passes the same conformance suite. The promises are numbered; the suite's
 * tests carry the numbers.
 */
import type { Payload } from '../core/payload.ts'
import type { Headers } from '../core/stream-record.ts'
import type { TopicPartition } from '../core/topic-partition.ts'

/** Records of one partition in offset order. Read by index, so that an implementation may decode lazily over one buffer. */
export interface FetchedBatch extends TopicPartition {
  readonly count: number
  offsetAt(index: number): number
  /** Milliseconds since the epoch; -1 when the producer set none. */
  timestampAt(index: number): number
  /** A view that is valid until the batch is dropped. */
  keyAt(index: number): Uint8Array | null
  valueAt(index: number): Uint8Array | null
  /**
   * The same as text, without a view being made; undefined where they are null, are not UTF-8, or hold U+FFFD, which stands for bytes that
   * are not. An implementation without views to save leaves it out.
   *
   * @param letsGo nobody keeps the text, or a part of it: it may be a part of that of the whole batch, and would keep that alive
   */
  keyTextAt?(index: number, letsGo: boolean): string | undefined
  valueTextAt?(index: number, letsGo: boolean): string | undefined
  headersAt(index: number): Headers
  /** The offset after the last one that a consumer may read now, as of this fetch. */
  readonly highWatermark: number
  /** Approximate memory of the batch. */
  readonly bytes: number
}

/**
 * Called one at a time and awaited; heartbeats go on meanwhile. Rebalances are cooperative (C13, KIP-429): only what comes and
 * goes is told, and what stays is handed out, can be committed and stays paused as it was, also while the group rebalances.
 */
export interface RebalanceListener {
  /**
   * C1. What this member has in addition from now on, before a record of it is handed out; empty when a rebalance brought
   * nothing. Restoring happens in here or later with the partition paused.
   */
  onAssigned(partitions: readonly TopicPartition[]): Promise<void>
  /**
   * C2. What has to go, while this member still owns it: flush and commit. Not called when nothing goes. When it takes longer
   * than the rebalance time-out the member leaves the group, so that the others can go on: commits are refused, saying
   * so, and when the call has ended `onLost` follows for all that was owned.
   */
  onRevoked(partitions: readonly TopicPartition[]): Promise<void>
  /** C3. These, which are all that this member had, are gone already (session expired, fenced): drop their tasks, commit nothing. */
  onLost(partitions: readonly TopicPartition[]): Promise<void>
}

export type OutOfRangePolicy = 'error' | 'earliest' | 'latest'

/** Which task each partition belongs to, for an assignment that keeps co-partitioned inputs together. */
export interface GroupMember {
  readonly memberId: string
  /** What the member owns, as it told the group, and goes on owning until it is assigned something else; empty for a new one. */
  readonly owned: readonly TopicPartition[]
}

/**
 * Pure and deterministic: run by the group's leader. No partition goes to two members, and none to anybody while another member
 * owns it: that one lets go, joins again, and the assignor is asked anew.
 */
export type Assignor = (
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
) => ReadonlyMap<string, readonly TopicPartition[]>

/** A member of the group as all the others know it (C10). */
export interface MemberPlace {
  /** `host:port` where it answers queries; null: it told none. */
  readonly address: string | null
  readonly partitions: readonly TopicPartition[]
}

export interface ConsumerOptions {
  readonly groupId: string
  readonly clientId: string
  /**
   * C14. Makes the member a static one (KIP-345): it does not leave the group when it closes, and whoever comes back with this id within
   * the session time-out has its partitions again without a rebalance. Of two at the same time the older one
   * fails with MILLRACE_INSTANCE_FENCED. Null or left out: a dynamic member.
   */
  readonly groupInstanceId?: string | null
  /** Told to every member of the group (C10). */
  readonly address?: string
  readonly assignor: Assignor
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly rebalanceTimeoutMs: number
  /** Records that are fetched but not yet polled; above it the partition is not fetched (C6). */
  readonly bufferedRecordsPerPartitionMax: number
  /**
   * Bytes, decompressed, of all partitions that are fetched but not yet polled; above it only partitions of which nothing waits are
   * fetched (C6). What is under way still comes: the bound is this and one fetch of each broker.
   */
  readonly fetchBufferBytesMax: number
  readonly fetchMaxBytes: number
  /** C16. Records of open and aborted transactions are not seen, and reading does not begin before one has ended that commits where. */
  readonly readCommitted: boolean
  /** Start for a partition without a committed offset, per topic; `none` makes it an error (MILLRACE_OFFSET_OUT_OF_RANGE). */
  offsetReset(topic: string): 'earliest' | 'latest' | 'none'
  /**
   * What to do when the position is outside the log, per topic and at that moment. `error` surfaces from `poll` (C7). C17. So it does, as
   * MILLRACE_LOG_TRUNCATED, when the log was cut off before the position and perhaps written anew, also between the commit that the position comes
   * from and now (KIP-320); otherwise reading goes on where the two logs part. What was not handed out yet is exchanged without a word.
   */
  outOfRange(partition: TopicPartition): OutOfRangePolicy
}

/** A member of a group in its generation, for whoever commits its offsets in a transaction (KIP-447). */
export interface GroupMetadata {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
  readonly groupInstanceId: string | null
}

export interface ConsumerPort {
  /** Joins the group. Rejects with a BrokerError when no broker answers in time. */
  subscribe(topics: readonly string[], listener: RebalanceListener): Promise<void>
  /**
   * C4. What has arrived, at most one batch per partition and call, offsets ascending and without gaps of its own making;
   * waits up to `maxWaitMs` for the first. Empty when nothing came. Rejects once with a fatal error. Serves rebalances, and does not wait
   * for where to begin reading what was assigned: `onAssigned` is called once that is known.
   */
  poll(maxWaitMs: number): Promise<readonly FetchedBatch[]>
  /** C12. The `poll` that waits returns at once with what is there; when none waits, the next one does. May be called at any time. */
  wakeup(): void
  /** C5. No record of a paused partition is handed out; one that is assigned anew starts unpaused. */
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /**
   * C8. Next offset the broker holds beyond what was handed out, as far as it is known: the high watermark of the latest
   * fetch, also of an empty one. Undefined until the first fetch of the partition was answered.
   */
  highWatermark(partition: TopicPartition): number | undefined
  /** The offset of the next record that will be handed out; undefined before it is known. */
  position(partition: TopicPartition): number | undefined
  /**
   * C18. The leader epoch of the last batch before that offset, as far as it was read here: `commit` keeps it with the offset, and
   * `TransactionalProducerPort.sendOffsets` is to be given it. Undefined: not known.
   */
  leaderEpochAt(position: TopicPartition & { readonly offset: number }): number | undefined
  /** C11. When, by the monotonic clock, the broker last answered a fetch of the partition, an empty one too; undefined before the first. */
  fetchedAtMs(partition: TopicPartition): number | undefined
  /**
   * C9. Rejects with TaskMigratedError when this member no longer owns a partition; nothing is committed then. While the group
   * does not take commits because it is just being assigned, this waits for the assignment.
   */
  commit(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>
  /**
   * C10. Who owns what, this member included: as the leader assigned it in the generation that this member joined last, known
   * before `onAssigned` is called and kept until the next one. Empty before the first, and while no member has an address. It
   * travels as the user data of Kafka's consumer protocol (`member-places.ts`), so that clients of any kind share a group.
   */
  members(): readonly MemberPlace[]
  /** C15. Which member this is now, for `TransactionalProducerPort.sendOffsets`: of no generation before the first assignment. */
  groupMetadata(): GroupMetadata
  /** Leaves the group (a static member does not), after `onRevoked` for all that is owned. Idempotent. */
  close(): Promise<void>
}

export interface OutgoingRecord extends TopicPartition {
  readonly key: Payload | null
  readonly value: Payload | null
  readonly timestamp: number
  readonly headers: Headers
}

export interface ProducerOptions {
  readonly clientId: string
  readonly compression: 'none' | 'gzip' | 'lz4'
  readonly lingerMs: number
  /** A partition's batch is sent when it holds this many bytes. */
  readonly batchBytes: number
  /** Bytes that are not acknowledged; `send` still takes records above it, but `hasRoom()` says no (P3). */
  readonly bufferedBytesMax: number
  readonly deliveryTimeoutMs: number
}

/** Told once per record that will never be acknowledged. */
export type DeliveryFailed = (record: OutgoingRecord, error: Error) => void

export interface ProducerPort {
  connect(): Promise<void>
  /** P1. Takes the record (its arrays are not changed by the caller afterwards); records of a partition keep their order. */
  send(record: OutgoingRecord, onFailed: DeliveryFailed): void
  /** P2. Resolves when everything sent before is acknowledged by all in-sync replicas or was reported as failed. */
  flush(): Promise<void>
  hasRoom(): boolean
  /** Resolves when `hasRoom()` holds again. */
  room(): Promise<void>
  close(): Promise<void>
}

export interface TransactionalProducerOptions extends ProducerOptions {
  /** Of one producer at a time: a newer one fences the older. */
  readonly transactionalId: string
  /** A transaction that is open for longer is aborted by the broker, and its producer fenced. */
  readonly transactionTimeoutMs: number
}

/**
 * A producer whose records are seen all or not at all by those who read what is committed, with the offsets of a group that they
 * were made from. One transaction at a time. T1: when a newer producer of the same id has connected, or the broker has aborted a transaction
 * that was open for too long, every call rejects with a TaskMigratedError, and the producer can only be closed.
 */
export interface TransactionalProducerPort extends ProducerPort {
  /** T2. Fences older producers of the id, and ends what they left open; resolves when that is done. */
  connect(): Promise<void>
  /** T3. Begins a transaction; `send` is allowed from now on. @throws MillraceError when one is open */
  begin(): void
  /**
   * T4. The offsets are committed with the transaction, or not at all. Rejects with a TaskMigratedError when the group went on without
   * that member; the transaction can then only be aborted.
   */
  sendOffsets(
    offsets: readonly (TopicPartition & { readonly offset: number; readonly leaderEpoch?: number })[],
    group: GroupMetadata,
  ): Promise<void>
  /**
   * T5. Resolves when everything that was sent is committed. Rejects when any of it failed: then nothing will be, and `abort` is due. A
   * retriable error leaves it open whether it is committed: call it again.
   */
  commit(): Promise<void>
  /** T6. Nothing of it is seen, what was not yet sent is reported as failed, and another transaction may begin. */
  abort(): Promise<void>
  /** Aborts a transaction that is open. */
  close(): Promise<void>
}

export interface TopicDescription {
  readonly topic: string
  readonly partitionCount: number
  readonly configs: Readonly<Record<string, string>>
}

export interface NewTopic {
  readonly topic: string
  readonly partitionCount: number
  /** -1: the broker's default. */
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export interface AdminPort {
  /** A1. Rejects with BrokerError MILLRACE_BROKER_UNREACHABLE within `requestTimeoutMs` when no broker answers, naming the addresses. */
  connect(): Promise<void>
  /** Partition counts of the topics that exist; a missing one is absent from the map. */
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>>
  describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]>
  /** A2. Creates them and waits until they can be read and written; one that exists already is not an error. */
  createTopics(topics: readonly NewTopic[]): Promise<void>
  /** A3. First offset and end offset (next to be written) of every partition of the topic. */
  offsets(
    topic: string,
  ): Promise<readonly { readonly partition: number; readonly low: number; readonly high: number }[]>
  committedOffsets(
    groupId: string,
    topics: readonly string[],
  ): Promise<readonly (TopicPartition & { readonly offset: number })[]>
  /** A4. Deletes records below `offset` (repartition topics are purged this way). */
  deleteRecords(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>
  deleteTopics(topics: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Reads partitions from the start to a fixed end, outside any group: for restoring state (R1: it commits nothing). */
export interface RestorePort {
  /**
   * Reads `[from, end)` of each partition and hands over what it finds in offset order. Resolves when every partition's
   * position has reached its end, also when the last offsets hold no record (control records, compaction). Rejects with
   * MILLRACE_LOG_TRUNCATED when what was read is not in the log any more (KIP-320), by this call or by one before it that ended at `from`,
   * and when the log ends before `end`.
   */
  read(
    ranges: readonly (TopicPartition & { readonly from: number; readonly end: number })[],
    onBatch: (batch: FetchedBatch) => void,
    signal: AbortSignal,
  ): Promise<void>
  close(): Promise<void>
}

/** One Kafka cluster as one client library reaches it. */
export interface KafkaPort {
  consumer(options: ConsumerOptions): ConsumerPort
  producer(options: ProducerOptions): ProducerPort
  /** Left out by a port that has no transactions. */
  transactionalProducer?(options: TransactionalProducerOptions): TransactionalProducerPort
  admin(): AdminPort
  restorer(options: { readonly clientId: string; readonly fetchMaxBytes: number }): RestorePort
}

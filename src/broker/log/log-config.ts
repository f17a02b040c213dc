/** The settings of a topic that its partitions' logs follow; Kafka's names in camel case. */
export interface LogConfig {
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean }
  /** -1: by time nothing is deleted. Counts from the timestamps of records, not from when they were written. */
  readonly retentionMs: number
  /** Per partition; -1: by size nothing is deleted. */
  readonly retentionBytes: number
  readonly segmentBytes: number
  readonly segmentMs: number
  /** The largest batch, after compression. */
  readonly maxMessageBytes: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  /** How far a record's timestamp may lie behind the broker's clock, and ahead of it (KIP-937). */
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  /** `producer`: as it came. */
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  /** How long a tombstone can still be read after compaction has met it. */
  readonly deleteRetentionMs: number
  readonly minCleanableDirtyRatio: number
}

const dayMs = 86_400_000

/** Apache Kafka 4.1's. */
export const defaultLogConfig: LogConfig = {
  cleanupPolicy: { delete: true, compact: false },
  retentionMs: 7 * dayMs,
  retentionBytes: -1,
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * dayMs,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: 3_600_000,
  compressionType: 'producer',
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  deleteRetentionMs: dayMs,
  minCleanableDirtyRatio: 0.5,
}

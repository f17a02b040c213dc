import type { OutOfRangePolicy } from './port.ts'

/** What a thread needs of the app's config; the config table (app/config-table.ts) says what each means. */
export interface ThreadSettings {
  readonly clientId: string
  /** Told to the group; see `ConsumerOptions`. */
  readonly address?: string
  readonly commitIntervalMs: number
  readonly changedEntriesMax: number
  readonly maxTaskIdleMs: number
  readonly idleAfterMs: number | null
  readonly bufferedRecordsPerPartitionMax: number
  readonly maxRecordsPerTurn: number
  readonly fetchBufferBytesMax: number
  readonly fetchMaxBytes: number
  readonly offsetReset: 'earliest' | 'latest' | 'none'
  readonly outOfRange: 'auto' | OutOfRangePolicy
  readonly compression: 'none' | 'gzip' | 'lz4'
  readonly lingerMs: number
  readonly batchBytes: number
  readonly producerBufferBytesMax: number
  readonly deliveryTimeoutMs: number
  /** Null: a dynamic member of the group. */
  readonly groupInstanceId: string | null
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly rebalanceTimeoutMs: number
  readonly repartitionPurgeIntervalMs: number
  readonly shutdownTimeoutMs: number
  readonly deadLetterTopic: string | null
}

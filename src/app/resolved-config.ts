import type { SaslConfig, TlsConfig } from '../client/security-config.ts'
import type { ErrorHandlers } from '../runtime/error-handlers.ts'
import type { OutOfRangePolicy } from '../runtime/port.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { SchemaRegistryConfig } from './app-config.ts'

/** `AppConfig` after checks and defaults: nothing is optional, durations are milliseconds. Frozen. */
export interface ResolvedConfig {
  readonly applicationId: string
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly client: 'millrace' | 'kafkajs'
  readonly ssl: boolean | TlsConfig
  readonly sasl: SaslConfig | null
  readonly schemaRegistry: SchemaRegistryConfig | SchemaRegistry | null
  readonly applicationServer: string | null
  readonly queryTimeoutMs: number
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
  readonly replicationFactor: number
  readonly compression: 'none' | 'gzip' | 'lz4'
  readonly lingerMs: number
  readonly batchBytes: number
  readonly producerBufferBytesMax: number
  readonly deliveryTimeoutMs: number
  readonly groupInstanceId: string | null
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly rebalanceTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly shutdownTimeoutMs: number
  readonly repartitionPurgeIntervalMs: number
  readonly deadLetterTopic: string | null
  readonly errors: ErrorHandlers
  readonly acceptTopology: string | null
}

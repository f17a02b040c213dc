import type { Clock } from '../../core/clock.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import type { PartitionLog } from '../log/partition-log.ts'

/** What the handlers that read and write logs need of a request's context; structurally a part of it. */
export interface LogContext {
  readonly apiVersion: number
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal
  readonly broker: {
    readonly clock: Clock
    readonly topics: { get(name: string): { readonly partitions: readonly PartitionLog[] } | undefined }
  }
}

export function logOf(context: LogContext, topic: string, partition: number): PartitionLog | undefined {
  const log = context.broker.topics.get(topic)?.partitions[partition]
  return log?.isClosed === true ? undefined : log
}

/** Whether a client's idea of who leads is that of the broker; -1: it has none (KIP-320). */
export function leaderEpochError(log: PartitionLog, clientEpoch: number): number {
  if (clientEpoch === -1 || clientEpoch === log.leaderEpoch) return kafkaError.NONE
  return clientEpoch < log.leaderEpoch ? kafkaError.FENCED_LEADER_EPOCH : kafkaError.UNKNOWN_LEADER_EPOCH
}

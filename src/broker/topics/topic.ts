import type { PartitionLog } from '../log/partition-log.ts'
import type { TopicConfigs } from './topic-configs.ts'

export interface Topic {
  readonly name: string
  /** A uuid as Kafka prints it. */
  readonly id: string
  /** What was set; the rest has its default. */
  readonly configs: TopicConfigs
  /** By their number. */
  readonly partitions: readonly PartitionLog[]
}

import type { Serde } from '../serde/serde.ts'
import type { NodeErrorPolicy } from '../topology/error-policy.ts'
import type { TimestampExtractor } from '../topology/functions.ts'
import type { OperatorSpec } from './operator-spec.ts'
import type { StoreSpec } from './store-spec.ts'

/** Where an app starts on a partition for which its group has no committed offset (Kafka Streams: AutoOffsetReset). */
export type OffsetReset = 'earliest' | 'latest' | 'none'

/** A topic that a sub-topology reads, and the node that gets its records. */
export interface PlanSource {
  readonly topic: string
  readonly nodeName: string
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  /** Null: the record's own timestamp; a negative one is an error (FailOnInvalidTimestamp). */
  readonly timestamp: TimestampExtractor | null
  /** Null: the app's default. */
  readonly offsetReset: OffsetReset | null
  /** True for repartition topics. */
  readonly internal: boolean
  /** Store of the marks of its parked keys; left out where nothing below parks. */
  readonly parkedStore?: string
}

/** A topic that every instance reads as a whole, outside the sub-topologies. */
export interface GlobalTableSpec {
  readonly topic: string
  readonly nodeName: string
  /** Name of its store. */
  readonly store: string
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
}

export interface PlanNode {
  readonly name: string
  readonly operator: OperatorSpec
  /** Names of nodes in the same sub-topology, in the order in which records are forwarded to them. */
  readonly children: readonly string[]
  /** Names of the stores it writes or reads, for printing. */
  readonly stores: readonly string[]
  /** What to do when one of its functions throws; left out: the app decides. */
  readonly onError?: NodeErrorPolicy
}

/** Nodes that are connected without a topic in between; runs as one task per partition number. */
export interface Subtopology {
  readonly id: number
  readonly sources: readonly PlanSource[]
  /** In the order in which they were declared: parents before children. */
  readonly nodes: readonly PlanNode[]
  readonly stores: readonly StoreSpec[]
}

export interface InternalTopic {
  readonly name: string
  readonly kind: 'repartition' | 'changelog'
  /** Sub-topology whose task count it has (changelog), or that reads it (repartition). */
  readonly subtopology: number
  /** Partition count the user fixed with `repartition({ partitions })`; null: derived at start. */
  readonly partitions: number | null
  /** Topic configs, as Kafka names them. */
  readonly configs: Readonly<Record<string, string>>
}

/** Topics whose records meet by partition number and must therefore have equal partition counts. */
export interface CopartitionGroup {
  readonly topics: readonly string[]
  /** The node that needs it, for the message. */
  readonly nodeName: string
}

/** What a topology becomes: everything that the runtime, the test driver and `describe` need. Frozen data. */
export interface Plan {
  readonly topologyName: string
  readonly applicationId: string
  readonly subtopologies: readonly Subtopology[]
  readonly internalTopics: readonly InternalTopic[]
  readonly copartitionGroups: readonly CopartitionGroup[]
  readonly globalTables: readonly GlobalTableSpec[]
  /** Names of stores by the names under which they can be read. */
  readonly queryables: Readonly<Record<string, string>>
}

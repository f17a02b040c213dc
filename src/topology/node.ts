import type { Serde } from '../serde/serde.ts'
import type {
  CogroupNode,
  OverNode,
  StreamAggregateNode,
  TableAggregateNode,
  TableGroupNode,
} from './aggregate-nodes.ts'
import type { MapAsyncNode, MapBatchNode, MapValuesAsyncNode } from './async-nodes.ts'
import type { DedupeNode } from './dedupe-node.ts'
import type { NodeErrorPolicy } from './error-policy.ts'
import type {
  FlatMapper,
  FlatValueMapper,
  ForeachAction,
  KeyValueMapper,
  Partitioner,
  Predicate,
  TimestampExtractor,
  TopicSelector,
  ValueJoiner,
  ValueMapper,
} from './functions.ts'
import type { StoreDeclaration } from './processor-stores.ts'
import type { ProcessorSupplier } from './processor.ts'
import type { Expiring, VersionedSettings } from './table-settings.ts'
import type { JoinWindows } from './windows.ts'

/*
 * The logical nodes: what each builder call appends, frozen, in the order of the calls. Everything the user said and
 * nothing that can be worked out (serdes, repartitioning, stores): that is the planner's.
 */

export type NodeId = number
type AnySerde = Serde<any>

export interface NodeBase {
  /** Place in `Topology.nodes`. */
  readonly id: NodeId
  /** The name that the user gave; null when there is none. */
  readonly name: string | null
  readonly inputs: readonly NodeId[]
  /** What to do when a function of its user throws; left out: the app decides. */
  readonly onError?: NodeErrorPolicy
}

/** A table that may be kept with its versions, or for a time. */
export interface TableBase extends NodeBase, Expiring {
  /** Left out: it keeps the latest values only. */
  readonly versioned?: VersionedSettings
}

export interface StreamSourceNode extends NodeBase {
  readonly kind: 'stream-source'
  readonly topics: readonly string[]
  readonly key: AnySerde
  readonly value: AnySerde
  readonly timestamp: TimestampExtractor | null
  readonly offsetReset: 'earliest' | 'latest' | 'none' | null
}
export interface TableSourceNode extends TableBase {
  readonly kind: 'table-source'
  readonly topic: string
  readonly key: AnySerde
  readonly value: AnySerde
  readonly timestamp: TimestampExtractor | null
  readonly offsetReset: 'earliest' | 'latest' | 'none' | null
  /** Name of its store; null: stored only where something downstream needs it. */
  readonly store: string | null
}
/** To have a ttl is a mistake: there is no stream time to measure it by. */
export interface GlobalTableSourceNode extends NodeBase, Expiring {
  readonly kind: 'global-table-source'
  readonly topic: string
  readonly key: AnySerde
  readonly value: AnySerde
  readonly store: string | null
}
export interface FilterNode extends NodeBase {
  readonly kind: 'filter'
  readonly predicate: Predicate
  readonly negate: boolean
}
export interface MapNode extends NodeBase {
  readonly kind: 'map'
  readonly mapper: KeyValueMapper
  readonly key: AnySerde | null
  readonly value: AnySerde | null
}
export interface MapValuesNode extends NodeBase {
  readonly kind: 'map-values'
  readonly mapper: ValueMapper
  readonly value: AnySerde | null
}
export interface FlatMapNode extends NodeBase {
  readonly kind: 'flat-map'
  readonly mapper: FlatMapper
  readonly key: AnySerde | null
  readonly value: AnySerde | null
}
export interface FlatMapValuesNode extends NodeBase {
  readonly kind: 'flat-map-values'
  readonly mapper: FlatValueMapper
  readonly value: AnySerde | null
}
export interface SelectKeyNode extends NodeBase {
  readonly kind: 'select-key'
  readonly mapper: ValueMapper
  readonly key: AnySerde | null
}
export interface PeekNode extends NodeBase {
  readonly kind: 'peek'
  readonly action: ForeachAction
}
export interface ForeachNode extends NodeBase {
  readonly kind: 'foreach'
  readonly action: ForeachAction
}
export interface MergeNode extends NodeBase {
  readonly kind: 'merge'
}
export interface SplitNode extends NodeBase {
  readonly kind: 'split'
  readonly branches: readonly { readonly name: string; readonly predicate: Predicate | null }[]
}
export interface BranchNode extends NodeBase {
  readonly kind: 'branch'
  readonly branch: string
}
export interface RepartitionNode extends NodeBase {
  readonly kind: 'repartition'
  readonly key: AnySerde | null
  readonly value: AnySerde | null
  readonly partitions: number | null
  readonly partitioner: Partitioner | null
}
export interface ToTableNode extends TableBase {
  readonly kind: 'to-table'
  readonly key: AnySerde | null
  readonly value: AnySerde | null
  readonly store: string | null
}
export interface ToStreamNode extends NodeBase {
  readonly kind: 'to-stream'
}

export interface SuppressNode extends NodeBase {
  readonly kind: 'suppress'
  readonly until: 'window-close' | 'time-limit'
  /** For `time-limit` only. */
  readonly durationMs: number
  readonly maxRecords: number | null
  readonly maxBytes: number | null
  readonly onFull: 'emit' | 'fail'
}
export interface TableFilterNode extends TableBase {
  readonly kind: 'table-filter'
  readonly predicate: Predicate
  readonly negate: boolean
  readonly store: string | null
}
export interface TableMapValuesNode extends TableBase {
  readonly kind: 'table-map-values'
  readonly mapper: ValueMapper
  readonly value: AnySerde | null
  readonly store: string | null
}
export interface StreamJoinNode extends NodeBase {
  readonly kind: 'stream-join'
  readonly type: 'inner' | 'left' | 'outer'
  readonly joiner: ValueJoiner
  readonly windows: JoinWindows
  readonly key: AnySerde | null
  readonly leftValue: AnySerde | null
  readonly rightValue: AnySerde | null
}
export interface StreamTableJoinNode extends NodeBase {
  readonly kind: 'stream-table-join'
  readonly type: 'inner' | 'left'
  readonly joiner: ValueJoiner
  /** For versioned tables: how long a record waits for late updates. Null: it is joined at once. */
  readonly graceMs: number | null
  readonly key: AnySerde | null
  readonly leftValue: AnySerde | null
}
/** `inputs` are the stream and the global table. */
export interface StreamGlobalJoinNode extends NodeBase {
  readonly kind: 'stream-global-join'
  readonly type: 'inner' | 'left'
  readonly keySelector: ValueMapper
  readonly joiner: ValueJoiner
}
export interface TableJoinNode extends TableBase {
  readonly kind: 'table-join'
  readonly type: 'inner' | 'left' | 'outer'
  readonly joiner: ValueJoiner
  readonly value: AnySerde | null
  readonly store: string | null
}
/** Joins on a key that the left value names; `inputs` are the left and the right table. */
export interface ForeignKeyJoinNode extends TableBase {
  readonly kind: 'foreign-key-join'
  readonly type: 'inner' | 'left'
  readonly foreignKey: ValueMapper
  readonly joiner: ValueJoiner
  readonly value: AnySerde | null
  readonly leftValue: AnySerde | null
  readonly rightValue: AnySerde | null
  readonly store: string | null
}
export interface ProcessNode extends NodeBase {
  readonly kind: 'process'
  readonly supplier: ProcessorSupplier
  readonly stores: readonly StoreDeclaration[]
  /** The key does not change (processValues). */
  readonly valuesOnly: boolean
  readonly key: AnySerde | null
  readonly value: AnySerde | null
}
export interface SinkNode extends NodeBase {
  readonly kind: 'sink'
  readonly topic: string | TopicSelector
  readonly key: AnySerde
  readonly value: AnySerde
  readonly partitioner: Partitioner | null
}

export type TopologyNode =
  | StreamSourceNode
  | TableSourceNode
  | GlobalTableSourceNode
  | FilterNode
  | MapNode
  | MapValuesNode
  | MapAsyncNode
  | MapValuesAsyncNode
  | MapBatchNode
  | FlatMapNode
  | FlatMapValuesNode
  | SelectKeyNode
  | PeekNode
  | ForeachNode
  | MergeNode
  | SplitNode
  | BranchNode
  | RepartitionNode
  | ToTableNode
  | ToStreamNode
  | StreamAggregateNode
  | CogroupNode
  | TableGroupNode
  | TableAggregateNode
  | OverNode
  | DedupeNode
  | SuppressNode
  | TableFilterNode
  | TableMapValuesNode
  | StreamJoinNode
  | StreamTableJoinNode
  | StreamGlobalJoinNode
  | TableJoinNode
  | ForeignKeyJoinNode
  | ProcessNode
  | SinkNode

/** A node as a builder call describes it, before it has its place. */
export type NewNode = TopologyNode extends infer N ? (N extends TopologyNode ? Omit<N, 'id'> : never) : never

import type { DedupeNode } from '../topology/dedupe-node.ts'
import type {
  Aggregator,
  FlatMapper,
  FlatValueMapper,
  ForeachAction,
  Initializer,
  InvertibleAggregate,
  KeyValueMapper,
  Partitioner,
  Predicate,
  SessionMerger,
  TopicSelector,
  ValueJoiner,
  ValueMapper,
} from '../topology/functions.ts'
import type { StoreDeclaration } from '../topology/processor-stores.ts'
import type { ProcessorSupplier } from '../topology/processor.ts'
import type {
  EmitStrategy,
  JoinWindows,
  OverRange,
  SessionWindows,
  SlidingWindows,
  TimeWindows,
} from '../topology/windows.ts'
import type { Serde } from '../serde/serde.ts'
import type { MapAsyncSpec, MapBatchSpec } from './async-specs.ts'
import type {
  ForeignKeyReceiveSpec,
  ForeignKeyResolveSpec,
  ForeignKeySubscribeSpec,
  ForeignKeyUpdateSpec,
} from './foreign-key-specs.ts'
import type { ViewSpec } from './view-spec.ts'

/*
 * What the runtime builds operators from. Plain data and the user's functions; stores are referred to by name,
 * views of tables by their recipe. `sendOldValues` is Kafka Streams': whether somebody downstream reads `oldValue`.
 */

export type JoinType = 'inner' | 'left' | 'outer'

/** One step of a fused chain; each takes one record and passes on at most one. */
export type FusedStep =
  | { readonly kind: 'filter'; readonly name: string; readonly predicate: Predicate; readonly negate: boolean }
  | { readonly kind: 'map'; readonly name: string; readonly mapper: KeyValueMapper }
  | { readonly kind: 'map-values'; readonly name: string; readonly mapper: ValueMapper }
  | { readonly kind: 'select-key'; readonly name: string; readonly mapper: ValueMapper }
  | { readonly kind: 'peek'; readonly name: string; readonly action: ForeachAction }

export interface FusedSpec {
  readonly kind: 'fused'
  readonly steps: readonly FusedStep[]
}
export interface FlatMapSpec {
  readonly kind: 'flat-map'
  readonly mapper: FlatMapper
}
export interface FlatMapValuesSpec {
  readonly kind: 'flat-map-values'
  readonly mapper: FlatValueMapper
}
export interface ForeachSpec {
  readonly kind: 'foreach'
  readonly action: ForeachAction
}
/** Hands every record on: sources, merges, branches. */
export interface PassSpec {
  readonly kind: 'pass'
}
/** The n-th predicate that holds sends the record to the n-th child; null holds always; none drops the record. */
export interface SplitSpec {
  readonly kind: 'split'
  readonly predicates: readonly (Predicate | null)[]
}

export interface TableSourceSpec {
  readonly kind: 'table-source'
  readonly store: string | null
  readonly sendOldValues: boolean
}
export interface TableFilterSpec {
  readonly kind: 'table-filter'
  readonly predicate: Predicate
  readonly negate: boolean
  readonly store: string | null
  readonly sendOldValues: boolean
  /** Its parent is versioned. */
  readonly versioned: boolean
}
export interface TableMapValuesSpec {
  readonly kind: 'table-map-values'
  readonly mapper: ValueMapper
  readonly store: string | null
  readonly sendOldValues: boolean
}
export interface TableToStreamSpec {
  readonly kind: 'table-to-stream'
}
/** One input of a table-table join; `other` reads the opposite table. `joiner` takes (left, right) whatever the side. */
export interface TableJoinSideSpec {
  readonly kind: 'table-join-side'
  readonly type: JoinType
  readonly side: 'left' | 'right'
  readonly joiner: ValueJoiner
  readonly other: ViewSpec
  readonly sendOldValues: boolean
  /** This side is versioned. */
  readonly dropOutOfOrder: boolean
}
/** Where both sides of a table-table join meet and, if asked, are stored. */
export interface TableJoinMergeSpec {
  readonly kind: 'table-join-merge'
  readonly store: string | null
  readonly sendOldValues: boolean
}
/** Table to repartition topic: the old value under its group key, the new one under its own (KTableRepartitionMap). */
export interface TableGroupSpec {
  readonly kind: 'table-group'
  readonly selector: KeyValueMapper
  /** The table is versioned. */
  readonly dropOutOfOrder: boolean
}
export interface TableAggregateSpec {
  readonly kind: 'table-aggregate'
  readonly initializer: Initializer
  readonly adder: Aggregator
  readonly subtractor: Aggregator
  readonly store: string
  readonly sendOldValues: boolean
}

/** Unwindowed. `reduce` and `count` are aggregates too: reduce starts from null and takes the first value as it is. */
export interface StreamAggregateSpec {
  readonly kind: 'stream-aggregate'
  readonly initializer: Initializer
  readonly aggregator: Aggregator
  readonly store: string
  readonly sendOldValues: boolean
}
export interface WindowAggregateSpec {
  readonly kind: 'window-aggregate'
  readonly windows: TimeWindows
  readonly emit: EmitStrategy
  readonly initializer: Initializer
  readonly aggregator: Aggregator
  readonly store: string
  readonly sendOldValues: boolean
}
export interface SlidingAggregateSpec {
  readonly kind: 'sliding-aggregate'
  readonly windows: SlidingWindows
  readonly emit: EmitStrategy
  readonly initializer: Initializer
  readonly aggregator: Aggregator
  readonly store: string
  readonly sendOldValues: boolean
}
export interface SessionAggregateSpec {
  readonly kind: 'session-aggregate'
  readonly windows: SessionWindows
  readonly emit: EmitStrategy
  readonly initializer: Initializer
  readonly aggregator: Aggregator
  readonly merger: SessionMerger
  readonly store: string
  readonly sendOldValues: boolean
}
/** What to do when the buffer of a suppress is full. */
export type OnBufferFull = 'emit' | 'fail'
export interface SuppressSpec {
  readonly kind: 'suppress'
  /** `window-close`: hold until the window's end (sessions too) + `durationMs` (the grace, + the gap for sessions). `time-limit`: hold `durationMs`. */
  readonly until: 'window-close' | 'time-limit'
  readonly durationMs: number
  readonly maxRecords: number | null
  readonly maxBytes: number | null
  readonly onFull: OnBufferFull
  readonly store: string
}
export interface OverSpec {
  readonly kind: 'over'
  readonly ranges: readonly OverRange[]
  readonly aggregate: InvertibleAggregate
  readonly graceMs: number
  /** `right`: (from, to]; `both`: [from, to]. */
  readonly closed: 'right' | 'both'
  /** Which records count; the others only get a result. Null: all. */
  readonly where: Predicate | null
  readonly store: string
}
export type DedupeSpec = Pick<DedupeNode, 'kind' | 'idOf' | 'withinMs' | 'late'> & { readonly store: string }
export interface StreamJoinSpec {
  readonly kind: 'stream-join'
  /** False where the other side has put the same record into the same store. */
  readonly storesOwn: boolean
  readonly type: JoinType
  readonly side: 'left' | 'right'
  readonly joiner: ValueJoiner
  readonly windows: JoinWindows
  /** Stores of this side's and the other side's records. */
  readonly ownStore: string
  readonly otherStore: string
  /** Null for inner joins. */
  readonly unmatchedStore: string | null
  /** Both sides of one join carry the same id: they share stream time within a task. */
  readonly joinId: string
}
export interface StreamTableJoinSpec {
  readonly kind: 'stream-table-join'
  readonly type: 'inner' | 'left'
  readonly joiner: ValueJoiner
  readonly table: ViewSpec
}
export interface ProcessSpec {
  readonly kind: 'process'
  readonly supplier: ProcessorSupplier
  readonly stores: readonly StoreDeclaration[]
  readonly valuesOnly: boolean
  /** Its children as the user knows them; fusing gives a chain the name of its last step. */
  readonly childNames: readonly string[]
}
export interface StreamGlobalJoinSpec {
  readonly kind: 'stream-global-join'
  readonly type: 'inner' | 'left'
  readonly keySelector: ValueMapper
  readonly joiner: ValueJoiner
  /** Not a store of the task: all tasks share it. */
  readonly globalStore: string
}
/** With a versioned table: records wait in `store` for late updates of the table (KIP-923). */
export interface StreamTableGraceJoinSpec {
  readonly kind: 'stream-table-grace-join'
  readonly type: 'inner' | 'left'
  readonly joiner: ValueJoiner
  readonly graceMs: number
  readonly table: ViewSpec
  readonly store: string
}
export interface SinkSpec {
  readonly kind: 'sink'
  readonly topic: string | TopicSelector
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  readonly partitioner: Partitioner | null
  /** Repartition topics drop null keys before they are written. */
  readonly dropNullKeys: boolean
}

export type OperatorSpec =
  | FusedSpec
  | FlatMapSpec
  | FlatMapValuesSpec
  | MapAsyncSpec
  | MapBatchSpec
  | ForeachSpec
  | PassSpec
  | SplitSpec
  | TableSourceSpec
  | TableFilterSpec
  | TableMapValuesSpec
  | TableToStreamSpec
  | TableJoinSideSpec
  | TableJoinMergeSpec
  | TableGroupSpec
  | TableAggregateSpec
  | StreamAggregateSpec
  | WindowAggregateSpec
  | SlidingAggregateSpec
  | SessionAggregateSpec
  | SuppressSpec
  | OverSpec
  | DedupeSpec
  | StreamJoinSpec
  | StreamTableJoinSpec
  | StreamTableGraceJoinSpec
  | StreamGlobalJoinSpec
  | ForeignKeySubscribeSpec
  | ForeignKeyReceiveSpec
  | ForeignKeyUpdateSpec
  | ForeignKeyResolveSpec
  | ProcessSpec
  | SinkSpec

import type { Serde } from '../serde/serde.ts'
import type {
  Aggregator,
  Initializer,
  InvertibleAggregate,
  KeyValueMapper,
  Predicate,
  SessionMerger,
} from './functions.ts'
import type { NodeBase, TableBase } from './node.ts'
import type { EmitStrategy, OverRange, Windows } from './windows.ts'

/** How the input of an aggregate was grouped: the serdes and the name of a repartition topic, should it need one. */
export interface Grouping {
  readonly name: string | null
  readonly key: Serde<any> | null
  readonly value: Serde<any> | null
}

interface AggregateBase extends TableBase {
  readonly grouping: Grouping
  readonly operation: 'count' | 'reduce' | 'aggregate'
  readonly initializer: Initializer
  /** Null: as the input's (reduce). */
  readonly value: Serde<any> | null
  readonly store: string | null
}
export interface StreamAggregateNode extends AggregateBase {
  readonly kind: 'stream-aggregate'
  readonly aggregator: Aggregator
  readonly windows: Windows | null
  /** For windows only. */
  readonly emit: EmitStrategy
  /** For session windows only. */
  readonly merger: SessionMerger | null
  /** Null: as long as the windows need. */
  readonly retentionMs: number | null
}
/** Several grouped streams in one aggregate; `groups` are those of `inputs`, in order. */
export interface CogroupNode extends TableBase {
  readonly kind: 'cogroup'
  readonly groups: readonly (Grouping & { readonly aggregator: Aggregator })[]
  readonly initializer: Initializer
  readonly windows: Windows | null
  /** For session windows only. */
  readonly merger: SessionMerger | null
  /** Null: as long as the windows need. */
  readonly retentionMs: number | null
  readonly value: Serde<any>
  readonly store: string | null
}
export interface TableGroupNode extends NodeBase {
  readonly kind: 'table-group'
  readonly selector: KeyValueMapper
}
export interface TableAggregateNode extends AggregateBase {
  readonly kind: 'table-aggregate'
  readonly adder: Aggregator
  readonly subtractor: Aggregator
}
export interface OverNode extends NodeBase {
  readonly kind: 'over'
  readonly grouping: Grouping
  readonly ranges: readonly OverRange[]
  readonly aggregate: InvertibleAggregate
  readonly graceMs: number
  readonly closed: 'right' | 'both'
  readonly where: Predicate | null
}

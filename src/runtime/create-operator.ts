import { unreachable } from '../core/assert.ts'
import type { AsyncServices } from '../operators/async-lane.ts'
import { DedupeOperator } from '../operators/dedupe.ts'
import { FlatMapOperator } from '../operators/flat-map.ts'
import { FlatMapValuesOperator } from '../operators/flat-map-values.ts'
import { ForeachOperator } from '../operators/foreach.ts'
import { ForeignKeyReceiveOperator } from '../operators/foreign-key-receive.ts'
import { ForeignKeyResolveOperator } from '../operators/foreign-key-resolve.ts'
import { ForeignKeySubscribeOperator } from '../operators/foreign-key-subscribe.ts'
import { ForeignKeyUpdateOperator } from '../operators/foreign-key-update.ts'
import { FusedOperator } from '../operators/fused.ts'
import type { Operator } from '../operators/operator.ts'
import { MapAsyncOperator } from '../operators/map-async.ts'
import { MapBatchOperator } from '../operators/map-batch.ts'
import { OverOperator } from '../operators/over.ts'
import { PassOperator } from '../operators/pass.ts'
import { ProcessOperator, type ProcessorServices } from '../operators/process.ts'
import { SessionAggregateOperator } from '../operators/session-aggregate.ts'
import { SlidingAggregateOperator } from '../operators/sliding-aggregate.ts'
import { SplitOperator } from '../operators/split.ts'
import { StreamAggregateOperator } from '../operators/stream-aggregate.ts'
import { StreamGlobalJoinOperator } from '../operators/stream-global-join.ts'
import { StreamJoinTime } from '../operators/stream-join-time.ts'
import { StreamJoinOperator } from '../operators/stream-join.ts'
import { StreamTableGraceJoinOperator } from '../operators/stream-table-grace-join.ts'
import { StreamTableJoinOperator } from '../operators/stream-table-join.ts'
import { SuppressOperator } from '../operators/suppress.ts'
import { TableAggregateOperator } from '../operators/table-aggregate.ts'
import { TableFilterOperator } from '../operators/table-filter.ts'
import { TableGroupOperator } from '../operators/table-group.ts'
import { TableJoinMergeOperator } from '../operators/table-join-merge.ts'
import { TableJoinSideOperator } from '../operators/table-join-side.ts'
import { TableMapValuesOperator } from '../operators/table-map-values.ts'
import { TableSourceOperator } from '../operators/table-source.ts'
import { TableToStreamOperator } from '../operators/table-to-stream.ts'
import type { TableView } from '../operators/table-view.ts'
import { FilterView } from '../operators/views/filter-view.ts'
import { JoinView } from '../operators/views/join-view.ts'
import { MapValuesView } from '../operators/views/map-values-view.ts'
import { SessionStoreView } from '../operators/views/session-store-view.ts'
import { StoreView } from '../operators/views/store-view.ts'
import { SuppressView } from '../operators/views/suppress-view.ts'
import { VersionedStoreView } from '../operators/views/versioned-store-view.ts'
import { WindowStoreView } from '../operators/views/window-store-view.ts'
import { WindowAggregateOperator } from '../operators/window-aggregate.ts'
import type { MapAsyncSpec, MapBatchSpec } from '../planner/async-specs.ts'
import type { OperatorSpec, SinkSpec, StreamJoinSpec, StreamTableGraceJoinSpec } from '../planner/operator-spec.ts'
import type { ViewSpec } from '../planner/view-spec.ts'
import type { StateStore } from '../state/state-store.ts'

type ForeignKeyJoinSpec = Extract<OperatorSpec, { readonly kind: `foreign-key-${string}` }>

/** What the operators of one task share. */
export class OperatorFactory {
  readonly #stores: ReadonlyMap<string, StateStore>
  readonly #sink: (spec: SinkSpec) => Operator<any, any, any, any>
  readonly #services: ProcessorServices
  readonly #async: AsyncServices
  readonly #joinTimes = new Map<string, StreamJoinTime>()

  constructor(
    stores: ReadonlyMap<string, StateStore>,
    sink: (spec: SinkSpec) => Operator<any, any, any, any>,
    { services, async }: { readonly services: ProcessorServices; readonly async: AsyncServices },
  ) {
    this.#stores = stores
    this.#sink = sink
    this.#services = services
    this.#async = async
  }

  create(spec: OperatorSpec): Operator<any, any, any, any> {
    switch (spec.kind) {
      case 'fused':
        return new FusedOperator(spec)
      case 'flat-map':
        return new FlatMapOperator(spec)
      case 'flat-map-values':
        return new FlatMapValuesOperator(spec)
      case 'map-async':
      case 'map-batch':
        return this.#asynchronous(spec)
      case 'foreach':
        return new ForeachOperator(spec)
      case 'pass':
        return new PassOperator()
      case 'split':
        return new SplitOperator(spec)
      case 'table-source':
        return new TableSourceOperator(spec, { store: this.#storeIfAny(spec.store) })
      case 'table-filter':
        return new TableFilterOperator(spec, { store: this.#storeIfAny(spec.store) })
      case 'table-map-values':
        return new TableMapValuesOperator(spec, { store: this.#storeIfAny(spec.store) })
      case 'table-to-stream':
        return new TableToStreamOperator()
      case 'table-join-side':
        return new TableJoinSideOperator(spec, { other: this.#view(spec.other) })
      case 'table-join-merge':
        return new TableJoinMergeOperator(spec, { store: this.#storeIfAny(spec.store) })
      case 'table-group':
        return new TableGroupOperator(spec, {})
      case 'table-aggregate':
        return new TableAggregateOperator(spec, { store: this.#store(spec.store) })
      case 'stream-aggregate':
        return new StreamAggregateOperator(spec, { store: this.#store(spec.store) })
      case 'window-aggregate':
        return new WindowAggregateOperator(spec, { store: this.#store(spec.store) })
      case 'sliding-aggregate':
        return new SlidingAggregateOperator(spec, { store: this.#store(spec.store) })
      case 'session-aggregate':
        return new SessionAggregateOperator(spec, { store: this.#store(spec.store) })
      case 'suppress':
        return new SuppressOperator(spec, { store: this.#store(spec.store) })
      case 'over':
        return new OverOperator(spec, { store: this.#store(spec.store) })
      case 'dedupe':
        return new DedupeOperator(spec, { store: this.#store(spec.store) })
      case 'stream-join':
        return this.#streamJoin(spec)
      case 'stream-table-join':
        return new StreamTableJoinOperator(spec, { table: this.#view(spec.table) })
      case 'stream-global-join':
        return new StreamGlobalJoinOperator(spec, { table: this.#store(spec.globalStore) })
      case 'stream-table-grace-join':
        return this.#graceJoin(spec)
      case 'foreign-key-subscribe':
      case 'foreign-key-receive':
      case 'foreign-key-update':
      case 'foreign-key-resolve':
        return this.#foreignKeyJoin(spec)
      case 'process':
        return new ProcessOperator(spec, { store: (name) => this.#store(name), services: this.#services })
      case 'sink':
        return this.#sink(spec)
      default:
        return unreachable(spec)
    }
  }

  #asynchronous(spec: MapAsyncSpec | MapBatchSpec): Operator<any, any, any, any> {
    const deps = { services: this.#async }
    return spec.kind === 'map-async' ? new MapAsyncOperator(spec, deps) : new MapBatchOperator(spec, deps)
  }

  #foreignKeyJoin(spec: ForeignKeyJoinSpec): Operator<any, any, any, any> {
    switch (spec.kind) {
      case 'foreign-key-subscribe':
        return new ForeignKeySubscribeOperator(spec)
      case 'foreign-key-receive':
        return new ForeignKeyReceiveOperator(spec, { store: this.#store(spec.store), right: this.#view(spec.right) })
      case 'foreign-key-update':
        return new ForeignKeyUpdateOperator(spec, { store: this.#store(spec.store) })
      case 'foreign-key-resolve':
        return new ForeignKeyResolveOperator(spec, { left: this.#view(spec.left) })
    }
  }

  #streamJoin(spec: StreamJoinSpec): Operator<any, any, any, any> {
    return new StreamJoinOperator(spec, {
      ownStore: this.#store(spec.ownStore),
      otherStore: this.#store(spec.otherStore),
      unmatched: this.#storeIfAny(spec.unmatchedStore),
      time: this.#joinTime(spec.joinId),
    })
  }

  #graceJoin(spec: StreamTableGraceJoinSpec): Operator<any, any, any, any> {
    return new StreamTableGraceJoinOperator(spec, { table: this.#view(spec.table), buffer: this.#store(spec.store) })
  }

  #view(spec: ViewSpec): TableView<any, any> {
    switch (spec.kind) {
      case 'store':
        return new StoreView(this.#store(spec.store))
      case 'versioned-store':
        return new VersionedStoreView(this.#store(spec.store))
      case 'window-store':
        return new WindowStoreView(this.#store(spec.store))
      case 'session-store':
        return new SessionStoreView(this.#store(spec.store))
      case 'filter':
        return new FilterView(spec, this.#view(spec.parent))
      case 'map-values':
        return new MapValuesView(spec, this.#view(spec.parent))
      case 'join':
        return new JoinView(spec.type, this.#view(spec.left), this.#view(spec.right), spec.joiner)
      case 'suppress':
        return new SuppressView(this.#view(spec.parent), this.#store(spec.store))
      default:
        return unreachable(spec)
    }
  }

  #joinTime(joinId: string): StreamJoinTime {
    const time = this.#joinTimes.get(joinId) ?? new StreamJoinTime()
    this.#joinTimes.set(joinId, time)
    return time
  }

  #storeIfAny(name: string | null): any {
    return name === null ? null : this.#store(name)
  }

  /** The plan says which kind of store each operator gets (store-spec.ts); by here only the name is left, so the type is too. */
  #store(name: string): any {
    return this.#stores.get(name)
  }
}

import type { Duration } from '../core/duration.ts'
import type { Windowed } from '../core/windowed.ts'
import type { Serde } from '../serde/serde.ts'
import type { Aggregator, Initializer, SessionMerger } from '../topology/functions.ts'
import type { EmitStrategy, Windows } from '../topology/windows.ts'
import { readDuration, type DslContext, type GroupedFrom } from './dsl-context.ts'
import { readOnError, type ErrorOption } from './error-option.ts'
import type { KTable } from './ktable.ts'

/** What the aggregates of windowed streams have in common. */
export interface WindowedAggregation {
  readonly operation: 'count' | 'reduce' | 'aggregate'
  readonly initializer: Initializer
  readonly aggregator: Aggregator
  readonly merger: SessionMerger | null
}

interface StoreSettings extends ErrorOption {
  readonly name?: string
  readonly store?: string
  readonly retention?: Duration
  readonly value?: Serde<any> | null
}

/** A grouped stream that was cut into windows. */
export interface WindowedFrom {
  readonly group: GroupedFrom
  readonly windows: Windows
  readonly emit: EmitStrategy
}

export function appendWindowed<K, A>(
  dsl: DslContext,
  from: WindowedFrom,
  aggregation: WindowedAggregation,
  options: StoreSettings,
): KTable<Windowed<K>, A> {
  const { node, name, key, value } = from.group
  return dsl.table({
    kind: 'stream-aggregate',
    ...aggregation,
    name: options.name ?? null,
    inputs: [node],
    grouping: Object.freeze({ name, key, value }),
    windows: from.windows,
    emit: from.emit,
    retentionMs:
      options.retention === undefined
        ? null
        : readDuration(dsl, options.retention, `retention of ${options.name ?? 'a windowed aggregate'}`),
    value: options.value ?? null,
    store: options.store ?? null,
    ...readOnError(dsl, options),
  })
}

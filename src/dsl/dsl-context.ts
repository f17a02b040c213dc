import { durationMs, type Duration } from '../core/duration.ts'
import type { Serde } from '../serde/serde.ts'
import type { NewNode, NodeId } from '../topology/node.ts'
import type { Expiring, VersionedSettings } from '../topology/table-settings.ts'
import type { GraphBuilder } from '../topology/topology.ts'
import type { KStream } from './kstream.ts'
import type { KTable } from './ktable.ts'
import type { NodeOptions, TtlOption, VersionedOption } from './options.ts'

/** What the fluent classes share. It makes streams and tables for one another, so that no module imports in a circle. */
export interface DslContext {
  readonly graph: GraphBuilder
  stream<K, V>(node: NewNode): KStream<K, V>
  table<K, V>(node: NewNode): KTable<K, V>
}

/** Milliseconds; NaN for a text that is no duration, which is reported with the topology's other mistakes. */
export function readDuration(dsl: DslContext, duration: Duration, what: string): number {
  return dsl.graph.collect(() => durationMs(duration, what), Number.NaN)
}

/** How a grouped stream or table came about. */
export interface GroupedFrom {
  readonly node: NodeId
  readonly name: string | null
  readonly key: Serde<any> | null
  readonly value: Serde<any> | null
}

/** What a node carries when its table is to be versioned, or to forget; nothing otherwise. */
export function readTableOptions(
  dsl: DslContext,
  { name, versioned, ttl }: NodeOptions & VersionedOption & TtlOption,
): Expiring & { readonly versioned?: VersionedSettings } {
  const historyMs = readOptional(dsl, versioned?.historyRetention, `historyRetention of ${name ?? 'a versioned table'}`)
  const ttlMs = readOptional(dsl, ttl, `ttl of ${name ?? 'a table'}`)
  return {
    ...(historyMs !== undefined && { versioned: Object.freeze({ historyRetentionMs: historyMs }) }),
    ...(ttlMs !== undefined && { ttlMs }),
  }
}

function readOptional(dsl: DslContext, duration: Duration | undefined, what: string): number | undefined {
  return duration === undefined ? undefined : readDuration(dsl, duration, what)
}

import type { Duration } from '../core/duration.ts'
import type { ValueJoiner } from '../topology/functions.ts'
import type { NodeId } from '../topology/node.ts'
import { readDuration, type DslContext } from './dsl-context.ts'
import type { KStream } from './kstream.ts'
import { KTable } from './ktable.ts'
import type { StreamJoinOptions, StreamTableJoinOptions } from './options.ts'

/** The stream on the left, and how it joins. */
export interface JoinOf {
  readonly left: NodeId
  readonly type: 'inner' | 'left' | 'outer'
  readonly joiner: ValueJoiner
}

/** What a stream joins with. */
export type Joinable = KTable<any, any> | KStream<any, any>

/** Joins a stream with a table or with another stream. */
export function appendJoin<K>(dsl: DslContext, join: JoinOf, other: Joinable, options: object): KStream<K, any> {
  const inputs = [join.left, other.node]
  if (other instanceof KTable) return appendTableJoin(dsl, join, inputs, options as StreamTableJoinOptions<any, any>)
  return appendStreamJoin(dsl, join, inputs, options as StreamJoinOptions<any, any, any>)
}

function appendTableJoin<K>(
  dsl: DslContext,
  { type, joiner }: JoinOf,
  inputs: readonly NodeId[],
  options: StreamTableJoinOptions<any, any>,
): KStream<K, any> {
  const { name = null, key = null, leftValue = null, grace } = options
  return dsl.stream({
    kind: 'stream-table-join',
    type: type as 'inner' | 'left',
    joiner,
    graceMs: grace === undefined ? null : readDuration(dsl, grace, `grace of ${name ?? 'a stream-table join'}`),
    key,
    leftValue,
    name,
    inputs,
  })
}

function appendStreamJoin<K>(
  dsl: DslContext,
  { type, joiner }: JoinOf,
  inputs: readonly NodeId[],
  options: StreamJoinOptions<any, any, any>,
): KStream<K, any> {
  const { name = null, key = null, leftValue = null, rightValue = null, within, grace } = options
  const read = (duration: Duration, what: string): number =>
    readDuration(dsl, duration, `${what} of ${name ?? 'a stream join'}`)
  const beforeMs = read(typeof within === 'object' ? within.before : within, 'within')
  const afterMs = typeof within === 'object' ? read(within.after, 'within') : beforeMs
  const windows = Object.freeze({ beforeMs, afterMs, graceMs: read(grace, 'grace') })
  return dsl.stream({ kind: 'stream-join', type, joiner, windows, key, leftValue, rightValue, name, inputs })
}

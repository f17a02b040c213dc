import type { Duration } from '../core/duration.ts'
import type { ValueMapper } from '../topology/functions.ts'
import { readDuration, type DslContext } from './dsl-context.ts'
import { readOnError } from './error-option.ts'
import type { Joined } from './joined.ts'
import type { KStream } from './kstream.ts'
import type { FunctionOptions, StreamJoinOptions, StreamTableJoinOptions } from './options.ts'

export function appendStreamJoin<K>(
  dsl: DslContext,
  joined: Joined<'inner' | 'left' | 'outer'>,
  options: StreamJoinOptions<any, any, any>,
): KStream<K, any> {
  const { name = null, key = null, leftValue = null, rightValue = null, within, grace } = options
  const read = (duration: Duration, what: string): number =>
    readDuration(dsl, duration, `${what} of ${name ?? 'a stream join'}`)
  const beforeMs = read(typeof within === 'object' ? within.before : within, 'within')
  const afterMs = typeof within === 'object' ? read(within.after, 'within') : beforeMs
  const windows = Object.freeze({ beforeMs, afterMs, graceMs: read(grace, 'grace') })
  return dsl.stream({
    kind: 'stream-join',
    ...joined,
    windows,
    key,
    leftValue,
    rightValue,
    name,
    ...readOnError(dsl, options),
  })
}

export function appendStreamTableJoin<K>(
  dsl: DslContext,
  joined: Joined<'inner' | 'left'>,
  options: StreamTableJoinOptions<any, any>,
): KStream<K, any> {
  const { name = null, key = null, leftValue = null, grace } = options
  const graceMs = grace === undefined ? null : readDuration(dsl, grace, `grace of ${name ?? 'a stream-table join'}`)
  return dsl.stream({
    kind: 'stream-table-join',
    ...joined,
    graceMs,
    key,
    leftValue,
    name,
    ...readOnError(dsl, options),
  })
}

export function appendGlobalJoin<K>(
  dsl: DslContext,
  joined: Joined<'inner' | 'left'>,
  keySelector: ValueMapper,
  options: FunctionOptions,
): KStream<K, any> {
  return dsl.stream({
    kind: 'stream-global-join',
    ...joined,
    keySelector,
    name: options.name ?? null,
    ...readOnError(dsl, options),
  })
}

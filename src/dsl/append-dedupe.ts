import { json } from '../serde/json.ts'
import type { NodeId } from '../topology/node.ts'
import { readDuration, type DslContext } from './dsl-context.ts'
import { readOnError } from './error-option.ts'
import type { KStream } from './kstream.ts'
import type { DedupeOptions } from './options.ts'

export function appendDedupe<K, V>(dsl: DslContext, input: NodeId, options: DedupeOptions<K, V, any>): KStream<K, V> {
  const { name = null, id, within, late = 'pass', idSerde = json(), key = null, value = null } = options
  return dsl.stream({
    kind: 'dedupe',
    idOf: id,
    withinMs: readDuration(dsl, within, `within of ${name ?? 'a dedupe'}`),
    late,
    idSerde,
    key,
    value,
    name,
    inputs: [input],
    ...readOnError(dsl, options),
  })
}

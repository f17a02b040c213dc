import type { NodeId } from '../topology/node.ts'
import type { ProcessorSupplier } from '../topology/processor.ts'
import type { DslContext } from './dsl-context.ts'
import { readOnError, type ErrorOption } from './error-option.ts'
import type { KStream } from './kstream.ts'
import type { KeyValueSerdeOptions, ProcessOptions } from './options.ts'

/** `process`, or with `valuesOnly` `processValues`. */
export function appendProcess<K, V>(
  dsl: DslContext,
  input: NodeId,
  processor: { readonly supplier: ProcessorSupplier; readonly valuesOnly: boolean },
  options: ProcessOptions & KeyValueSerdeOptions<K, V> & ErrorOption,
): KStream<K, V> {
  const { key = null, value = null, name = null, stores = [] } = options
  return dsl.stream({
    kind: 'process',
    ...processor,
    stores: Object.freeze([...stores]),
    key,
    value,
    name,
    inputs: [input],
    ...readOnError(dsl, options),
  })
}

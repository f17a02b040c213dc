import type { ProcessNode } from '../topology/node.ts'
import type { StoreDeclaration } from '../topology/processor-stores.ts'
import type { Lowering } from './lowering.ts'
import type { OperatorSpec } from './operator-spec.ts'

/** `process` may change the key: what follows repartitions where it needs it. `processValues` keeps it. */
export function lowerProcess(lowering: Lowering, node: ProcessNode): void {
  const { supplier, stores, valuesOnly } = node
  const input = lowering.lowered(lowering.input(node))
  for (const declared of stores) declareStore(lowering, node, declared)
  const spec: OperatorSpec = { kind: 'process', supplier, stores, valuesOnly, childNames: [] }
  const names = stores.map(({ name }) => name)
  const name = lowering.graph.add(lowering.name(node), spec, [input.node], names)
  lowering.done(node, { ...input, node: name, rekeyed: input.rekeyed || !valuesOnly })
}

/** Once for all processors that share the declaration. */
function declareStore(lowering: Lowering, node: ProcessNode, declared: StoreDeclaration): void {
  const isKnown = lowering.nodes.some(
    (other) => other.kind === 'process' && other.id < node.id && other.stores.includes(declared),
  )
  if (isKnown) return
  const { name, ...spec } = declared
  lowering.storeNamed(name, node, spec)
}

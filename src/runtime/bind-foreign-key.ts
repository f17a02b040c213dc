import type { PlanNode } from '../planner/plan.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import { bindSerde } from './create-store.ts'

/** Binds the serdes with which the parts of a foreign-key join compare and hash: alike in all of them. */
export async function bindForeignKey(node: PlanNode, registry: SchemaRegistry | undefined): Promise<PlanNode> {
  const { operator } = node
  if (!('foreignKeySerde' in operator)) return node
  const { hashTopic: topic } = operator
  const foreignKeySerde = await bindSerde(operator.foreignKeySerde, { topic, part: 'key', registry })
  if (!('valueSerde' in operator)) return { ...node, operator: { ...operator, foreignKeySerde } }
  const valueSerde = await bindSerde(operator.valueSerde, { topic, part: 'value', registry })
  return { ...node, operator: { ...operator, foreignKeySerde, valueSerde } }
}

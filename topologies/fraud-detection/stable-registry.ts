import { memoryRegistry, type SchemaRegistry } from 'millrace'
import * as schemas from './schemas.ts'

/**
 * A registry in memory whose ids are the same in every process: records that an earlier one wrote to a broker stay readable.
 * The ids count from 1 in the order of registration, so all schemas are registered here, in this order; new ones go to
 * the end.
 */
export async function stableRegistry(): Promise<SchemaRegistry> {
  const registry = memoryRegistry()
  const { transactionSchema, fraudLabelSchema, paymentSchema, scoredTransactionSchema, fraudAlertSchema } = schemas
  for (const schema of [
    transactionSchema,
    fraudLabelSchema,
    paymentSchema,
    scoredTransactionSchema,
    fraudAlertSchema,
  ]) {
    await registry.register(`${schema.namespace}.${schema.name}`, JSON.stringify(schema))
  }
  return registry
}

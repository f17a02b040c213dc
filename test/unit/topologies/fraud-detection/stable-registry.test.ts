import { avro } from 'millrace'
import { expect, test } from 'vitest'
import * as schemas from '../../../../topologies/fraud-detection/schemas.ts'
import { stableRegistry } from '../../../../topologies/fraud-detection/stable-registry.ts'

const used = [
  schemas.fraudAlertSchema,
  schemas.scoredTransactionSchema,
  schemas.paymentSchema,
  schemas.fraudLabelSchema,
  schemas.transactionSchema,
]

test('records of one process are read by another one, in whatever order the schemas are used', async () => {
  const label = { transactionId: 1, terminalId: 2, time: 3, fraud: true }
  const written = (await labelSerde(used)).serialize(label)
  expect((await labelSerde(used.toReversed())).deserialize(written)).toEqual(label)
})

async function labelSerde(order: readonly schemas.AvroRecord[]) {
  const registry = await stableRegistry()
  for (const schema of order) await avro(schema).bind!({ topic: schema.name, part: 'value', registry })
  return avro<schemas.FraudLabel>(schemas.fraudLabelSchema).bind!({ topic: 'fraud-labels', part: 'value', registry })
}

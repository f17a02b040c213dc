import { avro, memoryRegistry, string } from 'millrace'
import { createTestDriver, type TestRecord } from 'millrace/testing'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../../src/core/random.ts'
import { batchFeatures } from '../../../../topologies/fraud-detection/batch-features.ts'
import { explain } from '../../../../topologies/fraud-detection/explain.ts'
import { dayMs, labelDelayMs } from '../../../../topologies/fraud-detection/features.ts'
import { loadModel, score } from '../../../../topologies/fraud-detection/model.ts'
import * as schemas from '../../../../topologies/fraud-detection/schemas.ts'
import fraudDetection from '../../../../topologies/fraud-detection/topology.ts'
import type { LabelledTransaction } from '../../../../topologies/fraud-detection/transactions-csv.ts'
import { firstDay, generate, transaction } from './fraud-data.ts'

const model = loadModel(new URL('../../../../topologies/fraud-detection/model.json', import.meta.url))

type Input =
  | { readonly topic: 'transactions'; readonly record: TestRecord<string, schemas.Transaction> }
  | { readonly topic: 'fraud-labels'; readonly record: TestRecord<string, schemas.FraudLabel> }

function transactionInput({ fraud: _fraud, scenario: _scenario, ...value }: LabelledTransaction): Input {
  return { topic: 'transactions', record: { key: String(value.customerId), value, timestamp: value.time } }
}

function labelInput({ transactionId, terminalId, time, fraud }: LabelledTransaction): Input {
  const value = { transactionId, terminalId, time, fraud }
  return { topic: 'fraud-labels', record: { key: String(terminalId), value, timestamp: time + labelDelayMs } }
}

/** As it happens: in order of time, a label before a transaction of the same moment. */
function inOrder(transactions: readonly LabelledTransaction[]): Input[] {
  const inputs = [...transactions.map(labelInput), ...transactions.map(transactionInput)]
  return inputs.toSorted((a, b) => a.record.timestamp - b.record.timestamp)
}

async function run(
  inputs: readonly Input[],
): Promise<{ scored: schemas.ScoredTransaction[]; alerts: schemas.FraudAlert[] }> {
  const driver = await createTestDriver(fraudDetection, { registry: memoryRegistry() })
  const key = string()
  const transactions = await driver.inputTopic('transactions', {
    key,
    value: avro<schemas.Transaction>(schemas.transactionSchema),
  })
  const labels = await driver.inputTopic('fraud-labels', {
    key,
    value: avro<schemas.FraudLabel>(schemas.fraudLabelSchema),
  })
  for (const input of inputs) {
    if (input.topic === 'transactions') transactions.pipe(input.record)
    else labels.pipe(input.record)
  }
  const scored = await driver.outputTopic('scored-transactions', {
    key,
    value: avro<schemas.ScoredTransaction>(schemas.scoredTransactionSchema),
  })
  const alerts = await driver.outputTopic('fraud-alerts', {
    key,
    value: avro<schemas.FraudAlert>(schemas.fraudAlertSchema),
  })
  return { scored: scored.read().map(({ value }) => value!), alerts: alerts.read().map(({ value }) => value!) }
}

/** What the topology must make of these transactions, computed without it. */
function expected(transactions: readonly LabelledTransaction[]): schemas.ScoredTransaction[] {
  const featuresAt = batchFeatures(transactions)
  return transactions.map(({ fraud: _fraud, scenario: _scenario, ...rest }, index) => {
    const features = featuresAt(index)
    return { ...rest, features, score: score(features, model) }
  })
}

test.each([1, 2])('as it happens, every transaction gets exactly the features of the batch, seed %i', async (seed) => {
  const transactions = generate({ seed })
  const { scored } = await run(inOrder(transactions))
  expect(scored).toEqual(expected(transactions))
})

test('labels that run ahead of the transactions to the end change nothing', async () => {
  const transactions = generate({ customers: 20, terminals: 15, seed: 3 })
  const { scored } = await run([...transactions.map(labelInput), ...transactions.map(transactionInput)])
  expect(scored).toEqual(expected(transactions))
})

test.each([4, 5])(
  'transactions that reach their terminal out of order get the features of their own time, seed %i',
  async (seed) => {
    const transactions = generate({ customers: 20, terminals: 15, seed })
    // Each customer in order, and each behind the others by up to a day, as partitions that are read at different speeds.
    const random = seededRandom(seed)
    const lag = Array.from({ length: 20 }, () => random() * dayMs)
    const arriving = transactions.toSorted((a, b) => a.time + lag[a.customerId]! - (b.time + lag[b.customerId]!))
    const { scored } = await run([...transactions.map(labelInput), ...arriving.map(transactionInput)])
    expect(scored.map(({ transactionId }) => transactionId)).toEqual(arriving.map(({ transactionId }) => transactionId))
    expect(scored.toSorted((a, b) => a.transactionId - b.transactionId)).toEqual(expected(transactions))
  },
)

test('a label that becomes known at the very moment of a transaction counts, one millisecond later it does not', async () => {
  const first = transaction({ fraud: true })
  const later = (ms: number, id: number): LabelledTransaction =>
    transaction({ transactionId: id, customerId: id, time: firstDay + labelDelayMs + ms })
  const { scored } = await run(inOrder([first, later(-1, 2), later(0, 3)]))
  expect(scored.map(({ features }) => features.terminal_risk_1d)).toEqual([0, 0, 1])
})

test('alerts are the transactions from the threshold on, with the reason', async () => {
  const transactions = generate({ seed: 5 })
  const { scored, alerts } = await run(inOrder(transactions))
  const due = scored.filter((each) => each.score >= model.threshold)
  expect(due.length).toBeGreaterThan(10)
  expect(alerts).toEqual(due.map(({ features, ...rest }) => ({ ...rest, reason: explain(features, model) })))
})

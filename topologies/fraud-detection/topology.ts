import { avro, countAndSum, string, topology, type Topology } from 'millrace'
import { explain } from './explain.ts'
import { assembleFeatures, featureRanges, labelDelayMs, toCents, type PerRange, type Totals } from './features.ts'
import { loadModel, score } from './model.ts'
import {
  fraudAlertSchema,
  fraudLabelSchema,
  paymentSchema,
  scoredTransactionSchema,
  transactionSchema,
  type FraudAlert,
  type FraudLabel,
  type Payment,
  type ScoredTransaction,
  type Transaction,
} from './schemas.ts'

const model = loadModel(new URL('model.json', import.meta.url))

const key = string()
const transactionValue = avro<Transaction>(transactionSchema)
const labelValue = avro<FraudLabel>(fraudLabelSchema)

/** Transactions of one customer may come out of order by as much; what is older is dropped and counted. */
const transactionGrace = '1d'

/**
 * How far labels may be read ahead of the transactions that look back at them. In a live stream that is seconds. When the
 * app catches up it can be all the time that it was away: whenever the repartition topic runs dry for a moment, the
 * labels run on, and the transactions that come then are late. They lose nothing by it as long as the labels that
 * they look back at are kept, which is what this costs.
 */
const catchUpMax = '400d'

const fraudDetection: Topology = topology('fraud-detection', (t) => {
  // Declared first: of equal times the source declared first is read first, and a label that is known at t counts at t.
  const labels = t.stream('fraud-labels', { key, value: labelValue, timestamp: (label) => label.time + labelDelayMs })
  const transactions = t.stream('transactions', { key, value: transactionValue, timestamp: ({ time }) => time })

  const payments = transactions
    .groupByKey()
    .over({
      name: 'customer-spending',
      ranges: featureRanges,
      aggregate: countAndSum(({ amount }) => toCents(amount)),
      grace: transactionGrace,
    })
    .map(({ value, over }) => ({ key: String(value.terminalId), value: { ...value, spent: over } }))
    // Before the merge, as only this side needs it: labels are keyed by terminal already.
    .repartition({ name: 'payments-by-terminal', key, value: avro<Payment>(paymentSchema) })

  const scored = labels
    .merge(payments)
    // This serde is the store's, and the store holds only what counts: labels.
    .groupByKey({ key, value: avro<TerminalEvent>(fraudLabelSchema) })
    .over({
      name: 'terminal-frauds',
      // The labels' time is when they become known: the delay is in it.
      ranges: featureRanges,
      aggregate: countAndSum((event) => (isLabel(event) && event.fraud ? 1 : 0)),
      where: isLabel,
      grace: catchUpMax,
    })
    .flatMap(({ value, over }) =>
      isLabel(value) ? [] : [{ key: String(value.customerId), value: scorePayment(value, over) }],
    )

  scored.to('scored-transactions', { key, value: avro<ScoredTransaction>(scoredTransactionSchema) })

  scored
    .filter((transaction) => transaction.score >= model.threshold)
    .mapValues(toAlert)
    .to('fraud-alerts', { key, value: avro<FraudAlert>(fraudAlertSchema) })
})

export default fraudDetection

/** What passes at a terminal. */
type TerminalEvent = FraudLabel | Payment

function isLabel(event: TerminalEvent): event is FraudLabel {
  return 'fraud' in event
}

function scorePayment({ spent, ...transaction }: Payment, frauds: PerRange<Totals>): ScoredTransaction {
  const features = assembleFeatures(transaction.time, spent, frauds)
  return { ...transaction, features, score: score(features, model) }
}

function toAlert({ features, ...transaction }: ScoredTransaction): FraudAlert {
  return { ...transaction, reason: explain(features, model) }
}

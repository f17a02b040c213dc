import { featureNames, type FeatureName, type Features, type PerRange, type Totals } from './features.ts'

/** A card payment. Topic `transactions`, keyed by the customer's id as text. */
export interface Transaction {
  readonly transactionId: number
  /** Milliseconds since the epoch; the record's event time. */
  readonly time: number
  readonly customerId: number
  readonly terminalId: number
  /** Dollars, with cents. */
  readonly amount: number
}

/** What became known of a transaction 7 days after it. Topic `fraud-labels`, keyed by the terminal's id as text. */
export interface FraudLabel {
  readonly transactionId: number
  readonly terminalId: number
  /** When the transaction took place, milliseconds since the epoch; the record's event time is 7 days later. */
  readonly time: number
  readonly fraud: boolean
}

/** Topic `scored-transactions`, keyed by the customer's id as text. */
export interface ScoredTransaction extends Transaction {
  readonly features: Features
  /** In [0, 1]. */
  readonly score: number
}

/** Topic `fraud-alerts`, keyed by the customer's id as text. */
export interface FraudAlert extends Transaction {
  /** In [0, 1]. */
  readonly score: number
  /** One sentence for the person who looks into it. */
  readonly reason: string
}

/** A transaction on its way to its terminal, with what its customer spent. In the repartition topic, keyed by terminal. */
export interface Payment extends Transaction {
  readonly spent: PerRange<Totals>
}

type AvroType = string | AvroRecord | { readonly type: 'long'; readonly logicalType: 'timestamp-millis' }

interface AvroField {
  readonly name: string
  readonly type: AvroType
}

export interface AvroRecord {
  readonly type: 'record'
  readonly name: string
  readonly namespace: string
  readonly fields: readonly AvroField[]
}

function record(name: string, fields: readonly AvroField[]): AvroRecord {
  return { type: 'record', name, namespace: 'millrace.fraud', fields }
}

const time: AvroField = { name: 'time', type: { type: 'long', logicalType: 'timestamp-millis' } }

const transactionFields: readonly AvroField[] = [
  { name: 'transactionId', type: 'long' },
  time,
  { name: 'customerId', type: 'long' },
  { name: 'terminalId', type: 'long' },
  { name: 'amount', type: 'double' },
]

const isMeanOrShare = (name: FeatureName): boolean => name.includes('_avg_') || name.includes('_risk_')

const featureFields = featureNames.map((name) => ({ name, type: isMeanOrShare(name) ? 'double' : 'int' }))

const totals = record('Totals', [
  { name: 'count', type: 'int' },
  { name: 'sum', type: 'long' },
])

/** Avro defines a name once; from then on the name stands for it. */
const totalsPerRange = record('TotalsPerRange', [
  { name: 'day', type: totals },
  { name: 'week', type: 'Totals' },
  { name: 'month', type: 'Totals' },
])

export const transactionSchema: AvroRecord = record('Transaction', transactionFields)

export const paymentSchema: AvroRecord = record('Payment', [
  ...transactionFields,
  { name: 'spent', type: totalsPerRange },
])

export const fraudLabelSchema: AvroRecord = record('FraudLabel', [
  { name: 'transactionId', type: 'long' },
  { name: 'terminalId', type: 'long' },
  time,
  { name: 'fraud', type: 'boolean' },
])

export const scoredTransactionSchema: AvroRecord = record('ScoredTransaction', [
  ...transactionFields,
  { name: 'features', type: record('Features', featureFields) },
  { name: 'score', type: 'double' },
])

export const fraudAlertSchema: AvroRecord = record('FraudAlert', [
  ...transactionFields,
  { name: 'score', type: 'double' },
  { name: 'reason', type: 'string' },
])

import {
  assembleFeatures,
  featureRanges,
  labelDelayMs,
  toCents,
  type Features,
  type PerRange,
  type RangeName,
  type Totals,
} from './features.ts'
import type { LabelledTransaction } from './transactions-csv.ts'

/*
 * The features of a whole data set at once, straight from their definition. It shares only the last step, the assembly
 * of the vector, with the topology: training uses it, and tests hold the topology against it.
 */
const rangeNames = Object.keys(featureRanges) as RangeName[]
const rangeCount = rangeNames.length

/** The totals of every transaction and range, at `index * rangeCount + range`. */
interface Columns {
  readonly counts: Float64Array
  /** Cents of customers, frauds of terminals. */
  readonly sums: Float64Array
}

/**
 * @param transactions in time order; among equal times the order is that of arrival
 * @returns the features of the transaction at an index
 * @throws RangeError when they are not in time order
 */
export function batchFeatures(transactions: readonly LabelledTransaction[]): (index: number) => Features {
  checkOrder(transactions)
  const customers = emptyColumns(transactions.length)
  for (const own of groupIndexes(transactions, (transaction) => transaction.customerId))
    addCustomerTotals(transactions, own, customers)
  const terminals = emptyColumns(transactions.length)
  for (const own of groupIndexes(transactions, (transaction) => transaction.terminalId))
    addTerminalTotals(transactions, own, terminals)
  return (index) => assembleFeatures(transactions[index]!.time, totalsAt(customers, index), totalsAt(terminals, index))
}

/** Totals of `(t - range, t]`, where of equal times only those that came before, and the transaction itself, count. */
function addCustomerTotals(
  transactions: readonly LabelledTransaction[],
  own: readonly number[],
  totals: Columns,
): void {
  rangeNames.forEach((name, range) => {
    let first = 0
    let cents = 0
    own.forEach((index, position) => {
      const { time, amount } = transactions[index]!
      cents += toCents(amount)
      for (; transactions[own[first]!]!.time <= time - featureRanges[name]; first++)
        cents -= toCents(transactions[own[first]!]!.amount)
      totals.counts[index * rangeCount + range] = position - first + 1
      totals.sums[index * rangeCount + range] = cents
    })
  })
}

/** Totals of `(t - delay - range, t - delay]`: what is known of the terminal at t. */
function addTerminalTotals(
  transactions: readonly LabelledTransaction[],
  own: readonly number[],
  totals: Columns,
): void {
  const timeAt = (position: number): number => transactions[own[position]!]!.time
  const fraudAt = (position: number): number => (transactions[own[position]!]!.fraud ? 1 : 0)
  rangeNames.forEach((name, range) => {
    let first = 0
    let next = 0
    let frauds = 0
    own.forEach((index, position) => {
      const known = timeAt(position) - labelDelayMs
      for (; timeAt(next) <= known; next++) frauds += fraudAt(next)
      for (; timeAt(first) <= known - featureRanges[name]; first++) frauds -= fraudAt(first)
      totals.counts[index * rangeCount + range] = next - first
      totals.sums[index * rangeCount + range] = frauds
    })
  })
}

function checkOrder(transactions: readonly LabelledTransaction[]): void {
  for (let index = 1; index < transactions.length; index++) {
    const current = transactions[index]!
    if (current.time < transactions[index - 1]!.time) {
      throw new RangeError(
        `transaction ${current.transactionId} lies before the one it follows: sort the transactions by time`,
      )
    }
  }
}

function groupIndexes(
  transactions: readonly LabelledTransaction[],
  keyOf: (transaction: LabelledTransaction) => number,
): Iterable<number[]> {
  const groups = new Map<number, number[]>()
  transactions.forEach((transaction, index) => {
    const group = groups.get(keyOf(transaction))
    if (group === undefined) groups.set(keyOf(transaction), [index])
    else group.push(index)
  })
  return groups.values()
}

function emptyColumns(transactionCount: number): Columns {
  return {
    counts: new Float64Array(transactionCount * rangeCount),
    sums: new Float64Array(transactionCount * rangeCount),
  }
}

function totalsAt({ counts, sums }: Columns, index: number): PerRange<Totals> {
  const totals = rangeNames.map((name, range): [RangeName, Totals] => {
    const at = index * rangeCount + range
    return [name, { count: counts[at]!, sum: sums[at]! }]
  })
  return Object.fromEntries(totals) as { [Name in RangeName]: Totals }
}

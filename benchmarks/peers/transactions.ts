/*
 * Card transactions, the input of all jobs: the same numbers from the same seed on every machine and in every language.
 * Cards follow Zipf's law (the hottest has 8.8 % of the records), event time is 1 ms a record, 1 % come up to 10 s late.
 */
import { seededRandom } from '../../src/core/random.ts'

export interface GeneratedTransaction {
  readonly sequence: number
  readonly card: number
  readonly merchant: number
  readonly cents: number
  readonly country: number
  readonly timestamp: number
}

const cards = 50_000
const merchants = 5_000
const baseTime = Date.UTC(2026, 0, 1)
const meanCents = 14_427
const countries = 'US GB DE FR ES IT NL BE SE NO DK FI PL PT IE AT CH CZ GR JP'.split(' ')
const currencies = 'USD GBP EUR SEK JPY'.split(' ')

/** The first `count` transactions: those of a larger count begin with them. */
export function* transactions(count: number): Generator<GeneratedTransaction> {
  const random = seededRandom(42)
  const shares = zipfShares(cards)
  for (let sequence = 0; sequence < count; sequence++) {
    const card = firstAtLeast(shares, random())
    const merchant = Math.floor(random() * merchants)
    const cents = Math.floor(-Math.log(1 - random()) * meanCents) + 1
    const isAtHome = random() < 0.95
    const elsewhere = Math.floor(random() * countries.length)
    const isLate = random() < 0.01
    const lateness = Math.floor(random() * 10_000)
    const country = isAtHome ? (card * 7) % countries.length : elsewhere
    yield { sequence, card, merchant, cents, country, timestamp: baseTime + sequence - (isLate ? lateness : 0) }
  }
}

export function cardId(card: number): string {
  return `card-${String(card).padStart(6, '0')}`
}

/** The value of its record: written by hand, so that fields and digits stand as in other languages. */
export function transactionJson({ sequence, card, merchant, cents, country, timestamp }: GeneratedTransaction): string {
  const txnId = `txn-00000000-0000-4000-8000-${String(sequence).padStart(8, '0')}`
  const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
  const place = `"currency":"${currencies[country % currencies.length]}","country":"${countries[country]}"`
  const merchantId = `merchant-${String(merchant).padStart(5, '0')}`
  return `{"txnId":"${txnId}","cardId":"${cardId(card)}","merchantId":"${merchantId}","amount":${amount},${place},"timestamp":${timestamp}}`
}

/** Of each rank: the share of it and of all before it. */
function zipfShares(count: number): Float64Array {
  const shares = new Float64Array(count)
  let sum = 0
  for (let rank = 0; rank < count; rank++) shares[rank] = sum += 1 / (rank + 1)
  return shares.map((share) => share / sum)
}

function firstAtLeast(ascending: Float64Array, wanted: number): number {
  let low = 0
  let high = ascending.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! >= wanted) high = middle
    else low = middle + 1
  }
  return low
}

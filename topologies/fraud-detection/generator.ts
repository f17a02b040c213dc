import { dayMs } from './features.ts'
import { createPlane, type Customer } from './generated-plane.ts'
import { normal, pick, poisson, uniform, type Random } from './random-draws.ts'
import type { LabelledTransaction } from './transactions-csv.ts'

export interface GeneratorOptions {
  readonly customers: number
  readonly terminals: number
  readonly days: number
  /** Midnight UTC of the first day, milliseconds since the epoch. */
  readonly start: number
  /** How far a customer goes to pay, on a plane of 100 x 100; 5 unless told. */
  readonly radius?: number
}

const scenario1Amount = 220
const scenario2 = { terminalsPerDay: 2, days: 28 }
const scenario3 = { customersPerDay: 3, days: 14, share: 1 / 3, factor: 5 }

/**
 * Card transactions in the design of the data simulator of the handbook "Reproducible Machine Learning for Credit Card
 * Fraud Detection" (Le Borgne et al.): customers and terminals on a plane, habits per customer, and three kinds of fraud:
 *
 * 1. every amount above 220 dollars;
 * 2. each day two terminals are taken over: all that they see for 28 days is fraud;
 * 3. each day three customers' cards leak: for 14 days a third of their transactions are five times as high, and fraud.
 *
 * One day at a time, in order of time; ids start at 0 and ascend. The same options and the same randomness give the same data.
 *
 * @throws RangeError for options that make no sense
 */
export function* generateTransactions(options: GeneratorOptions, random: Random): Generator<LabelledTransaction[]> {
  checkOptions(options)
  const customers = createPlane({ radius: 5, ...options }, random)
  const terminalUntil = new Map<number, number>()
  const customerUntil = new Map<number, number>()
  let nextId = 0
  for (let day = 0; day < options.days; day++) {
    compromise(
      terminalUntil,
      { perDay: scenario2.terminalsPerDay, outOf: options.terminals, until: day + scenario2.days },
      random,
    )
    compromise(
      customerUntil,
      { perDay: scenario3.customersPerDay, outOf: options.customers, until: day + scenario3.days },
      random,
    )
    const payments = customers.flatMap((customer) => payOneDay(customer, options.start + day * dayMs, random))
    payments.sort((a, b) => a.time - b.time)
    yield payments.map((payment) => {
      const terminalTaken = (terminalUntil.get(payment.terminalId) ?? 0) > day
      const cardLeaked = (customerUntil.get(payment.customerId) ?? 0) > day && random() < scenario3.share
      return label({ transactionId: nextId++, ...payment }, terminalTaken, cardLeaked)
    })
  }
}

type Payment = Omit<LabelledTransaction, 'transactionId' | 'fraud' | 'scenario'>

function payOneDay(customer: Customer, dayStart: number, random: Random): Payment[] {
  return Array.from({ length: poisson(customer.transactionsPerDay, random) }, () => ({
    time: dayStart + secondOfDay(random) * 1_000,
    customerId: customer.customerId,
    terminalId: pick(customer.terminalIds, random),
    amount: toDollars(amountOf(customer, random)),
  }))
}

/** Most people pay around noon. What falls outside the day is drawn again. */
function secondOfDay(random: Random): number {
  for (;;) {
    const second = Math.floor(normal(43_200, 20_000, random))
    if (second >= 0 && second < 86_400) return second
  }
}

function amountOf(customer: Customer, random: Random): number {
  const amount = normal(customer.meanAmount, customer.meanAmount / 2, random)
  return amount < 0 ? uniform(0, customer.meanAmount * 2, random) : amount
}

function compromise(
  until: Map<number, number>,
  draw: { perDay: number; outOf: number; until: number },
  random: Random,
): void {
  const drawn = new Set<number>()
  while (drawn.size < Math.min(draw.perDay, draw.outOf)) drawn.add(Math.floor(random() * draw.outOf))
  for (const id of drawn) until.set(id, draw.until)
}

/** Where scenarios meet, the later one names it, as in the handbook. */
function label(
  payment: Payment & { readonly transactionId: number },
  terminalTaken: boolean,
  cardLeaked: boolean,
): LabelledTransaction {
  if (cardLeaked) return { ...payment, amount: toDollars(payment.amount * scenario3.factor), fraud: true, scenario: 3 }
  if (terminalTaken) return { ...payment, fraud: true, scenario: 2 }
  const high = payment.amount > scenario1Amount
  return { ...payment, fraud: high, scenario: high ? 1 : 0 }
}

function toDollars(amount: number): number {
  return Math.round(amount * 100) / 100
}

function checkOptions({ customers, terminals, days, start, radius = 5 }: GeneratorOptions): void {
  for (const [name, value] of Object.entries({ customers, terminals, days })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`${name} is ${value}: give a whole number from 1`)
  }
  if (!Number.isSafeInteger(start) || start < 0 || start % dayMs !== 0)
    throw new RangeError(`start is ${start}: give a midnight in UTC, in ms since the epoch`)
  if (!(radius > 0)) throw new RangeError(`radius is ${radius}: give a number above 0`)
}

/** The features in the order of every file, vector and model of this app. The only list of them. */
export const featureNames = [
  'during_weekend',
  'during_night',
  'customer_count_1d',
  'customer_avg_amount_1d',
  'customer_count_7d',
  'customer_avg_amount_7d',
  'customer_count_30d',
  'customer_avg_amount_30d',
  'terminal_count_1d',
  'terminal_risk_1d',
  'terminal_count_7d',
  'terminal_risk_7d',
  'terminal_count_30d',
  'terminal_risk_30d',
] as const

export type FeatureName = (typeof featureNames)[number]

/** Counts are whole; amounts are dollars; risks are shares of frauds in [0, 1]; weekend and night are 0 or 1. */
export type Features = { readonly [Name in FeatureName]: number }

export const dayMs = 86_400_000

/** How long after a transaction it becomes known whether it was a fraud. */
export const labelDelayMs: number = 7 * dayMs

/** The trailing ranges that both the customer's and the terminal's features look at, in milliseconds. */
export const featureRanges = { day: 86_400_000, week: 604_800_000, month: 2_592_000_000 } as const

export type RangeName = keyof typeof featureRanges

/** Something for each of the ranges. */
export type PerRange<T> = { readonly [Name in RangeName]: T }

/** How many transactions, and the sum of a whole number of each: cents of customers, frauds of terminals. */
export interface Totals {
  readonly count: number
  readonly sum: number
}

/** Sums of cents stay exact however much is added and taken out; sums of dollars would not. */
export function toCents(dollars: number): number {
  return Math.round(dollars * 100)
}

/**
 * The vector of one transaction.
 *
 * @param time of the transaction, milliseconds since the epoch; the calendar features read it as UTC
 * @param customer cents of `(time - range, time]`, the transaction itself included
 * @param terminal frauds of `(time - 7d - range, time - 7d]`; means and shares of nothing are 0
 */
export function assembleFeatures(time: number, customer: PerRange<Totals>, terminal: PerRange<Totals>): Features {
  return {
    during_weekend: isWeekend(time) ? 1 : 0,
    during_night: isNight(time) ? 1 : 0,
    customer_count_1d: customer.day.count,
    customer_avg_amount_1d: meanDollars(customer.day),
    customer_count_7d: customer.week.count,
    customer_avg_amount_7d: meanDollars(customer.week),
    customer_count_30d: customer.month.count,
    customer_avg_amount_30d: meanDollars(customer.month),
    terminal_count_1d: terminal.day.count,
    terminal_risk_1d: fraudShare(terminal.day),
    terminal_count_7d: terminal.week.count,
    terminal_risk_7d: fraudShare(terminal.week),
    terminal_count_30d: terminal.month.count,
    terminal_risk_30d: fraudShare(terminal.month),
  }
}

function isWeekend(time: number): boolean {
  const day = new Date(time).getUTCDay()
  return day === 0 || day === 6
}

/** From midnight until 06:59:59, as the handbook defines it. */
function isNight(time: number): boolean {
  return new Date(time).getUTCHours() <= 6
}

function meanDollars({ count, sum }: Totals): number {
  return count === 0 ? 0 : sum / count / 100
}

function fraudShare({ count, sum }: Totals): number {
  return count === 0 ? 0 : sum / count
}

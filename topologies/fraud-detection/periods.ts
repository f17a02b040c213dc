import { dayMs, labelDelayMs } from './features.ts'

/** Whole days in UTC, `[from, to)`, milliseconds since the epoch. */
export interface Period {
  readonly from: number
  readonly to: number
}

/** What a model learns from, where its threshold is chosen, and where it is measured: three times, one after the other. */
export interface Periods {
  readonly train: Period
  readonly validate: Period
  readonly test: Period
}

const trainDaysMax = 28
/** Until here nothing is known of any terminal, which would teach a model that terminals do not matter. */
const warmUpDays = 8

/**
 * The last week of the data for the test, the week that ended a label delay before it for the validation, and up to four
 * weeks that ended a label delay before that to train on. Data of less than seven weeks get shorter periods.
 *
 * @param data from the first transaction to the last, milliseconds since the epoch
 * @throws RangeError when the data covers less than 17 days
 */
export function defaultPeriods(data: Period): Periods {
  const start = Math.floor(data.from / dayMs)
  const end = Math.floor(data.to / dayMs) + 1
  const delay = labelDelayMs / dayMs
  const length = Math.min(7, Math.max(1, Math.floor((end - start - 2 * delay) / 5)))
  const testFrom = end - length
  const validateTo = testFrom - delay
  const trainTo = validateTo - length - delay
  if (trainTo <= start)
    throw new RangeError(
      `the data covers ${end - start} days: give at least ${2 * delay + 3}, as labels are known a week late, twice`,
    )
  const trainFrom = Math.max(trainTo - trainDaysMax, Math.min(start + warmUpDays, trainTo - 1))
  return { train: days(trainFrom, trainTo), validate: days(validateTo - length, validateTo), test: days(testFrom, end) }
}

function days(from: number, to: number): Period {
  return { from: from * dayMs, to: to * dayMs }
}

/** @throws RangeError when a later period starts before the labels of the one before it are known */
export function checkPeriods({ train, validate, test }: Periods): void {
  if (validate.from < train.to + labelDelayMs) throw tooEarly('validation', 'training', train)
  if (test.from < validate.to + labelDelayMs) throw tooEarly('test', 'validation', validate)
}

/**
 * @param text two days in UTC, the second one excluded: `2018-05-06..2018-06-03`
 * @throws RangeError when it is not that
 */
export function parsePeriod(text: string): Period {
  const [from = Number.NaN, to = Number.NaN, ...rest] = text.split('..').map(parseDay)
  if (!(from < to) || rest.length > 0)
    throw new RangeError(`${JSON.stringify(text)} is not a period: give two days such as 2018-05-06..2018-06-03`)
  return { from, to }
}

export function formatDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

function parseDay(text: string): number {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
}

function tooEarly(later: string, earlier: string, { to }: Period): RangeError {
  return new RangeError(
    `the ${later} must not start before ${formatDay(to + labelDelayMs)}: the labels of the ${earlier} are known only then`,
  )
}

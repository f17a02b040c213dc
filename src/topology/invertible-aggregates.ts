import type { InvertibleAggregate } from './functions.ts'

/*
 * The aggregates that come with `over`. What left a range leaves no trace in its result: counts are exact, sums are
 * compensated (relative error below 1e-9 while the numbers of a range are of comparable size).
 */

/** A number from a value; null and undefined do not count, as in SQL. */
export type NumberOf<V> = (value: V) => number | null | undefined

/**
 * A running sum and how many numbers are in it. Neumaier's compensated summation: `lost` gathers what rounding cut off,
 * so that millions of additions and removals do not drift.
 */
interface Sum {
  count: number
  /** NaN and the infinities cannot be subtracted again, so they are only counted. */
  nonFinite: number
  sum: number
  lost: number
}

const emptySum = (): Sum => ({ count: 0, nonFinite: 0, sum: 0, lost: 0 })

function changeSum(state: Sum, x: number | null | undefined, sign: 1 | -1): Sum {
  if (x === null || x === undefined) return state
  state.count += sign
  if (!Number.isFinite(x)) {
    state.nonFinite += sign
    return state
  }
  const term = sign * x
  const total = state.sum + term
  state.lost += Math.abs(state.sum) >= Math.abs(term) ? state.sum - total + term : term - total + state.sum
  state.sum = total
  // All numbers have gone, though others that do not count may keep the range from being empty: no residue of rounding.
  if (state.count === state.nonFinite) state.sum = state.lost = 0
  return state
}

const totalOf = (state: Sum): number => (state.nonFinite > 0 ? Number.NaN : state.sum + state.lost)

function overSum<V, R>(numberOf: NumberOf<V>, result: (state: Sum) => R): InvertibleAggregate<V, unknown, R> {
  const aggregate: InvertibleAggregate<V, Sum, R> = {
    init: emptySum,
    add: (state, value) => changeSum(state, numberOf(value), 1),
    subtract: (state, value) => changeSum(state, numberOf(value), -1),
    result,
  }
  return aggregate
}

/**
 * How many values there are; 0 for none.
 * @example const sums = amounts.groupByKey().over({ ranges: { hour: '1h' }, aggregate: countOf() })
 * const hours = sums.mapValues(({ over }) => over.hour)
 * // amounts <- ['ann', 5], ['ann', 3, '1m']; hours -> ['ann', 1], ['ann', 2, '1m']
 */
export function countOf(): InvertibleAggregate<unknown, unknown, number> {
  const aggregate: InvertibleAggregate<unknown, number, number> = {
    init: () => 0,
    add: (count) => count + 1,
    subtract: (count) => count - 1,
    result: (count) => count,
  }
  return aggregate
}

/**
 * The sum of a number of each value, in that number's unit; 0 for none.
 * @nulls Values whose number is null or undefined are left out; while a NaN or infinite one is in the range the result is NaN, and
 * right again after it has left.
 * @example const sums = amounts.groupByKey().over({ ranges: { hour: '1h' }, aggregate: sumOf((amount) => amount) })
 * const hours = sums.mapValues(({ over }) => over.hour)
 * // amounts <- ['ann', 5], ['ann', 3, '1m']; hours -> ['ann', 5], ['ann', 8, '1m']
 */
export function sumOf<V>(numberOf: NumberOf<V>): InvertibleAggregate<V, unknown, number> {
  return overSum(numberOf, totalOf)
}

/**
 * The mean of a number of each value, in that number's unit; null for none.
 * @nulls As `sumOf`.
 * @example const sums = amounts.groupByKey().over({ ranges: { hour: '1h' }, aggregate: meanOf((amount) => amount) })
 * const hours = sums.mapValues(({ over }) => over.hour)
 * // amounts <- ['ann', 5], ['ann', 3, '1m']; hours -> ['ann', 5], ['ann', 4, '1m']
 */
export function meanOf<V>(numberOf: NumberOf<V>): InvertibleAggregate<V, unknown, number | null> {
  return overSum(numberOf, (state) => (state.count === 0 ? null : totalOf(state) / state.count))
}

/**
 * Both at once; `count` counts what `sum` adds up, so no value whose number is null.
 * @nulls As `sumOf`.
 * @example const sums = amounts.groupByKey().over({ ranges: { hour: '1h' }, aggregate: countAndSum((amount) => amount) })
 * const hours = sums.mapValues(({ over }) => over.hour)
 * // amounts <- ['ann', 5], ['ann', 3, '1m']; hours -> ['ann', { count: 1, sum: 5 }], ['ann', { count: 2, sum: 8 }, '1m']
 */
export function countAndSum<V>(
  numberOf: NumberOf<V>,
): InvertibleAggregate<V, unknown, { readonly count: number; readonly sum: number }> {
  return overSum(numberOf, (state) => ({ count: state.count, sum: totalOf(state) }))
}

/**
 * The share, from 0 to 1, of the values for which `holds` does; null for no values.
 * @example const sums = amounts.groupByKey().over({ ranges: { hour: '1h' }, aggregate: shareOf((amount) => amount > 4) })
 * const hours = sums.mapValues(({ over }) => over.hour)
 * // amounts <- ['ann', 5], ['ann', 3, '1m']; hours -> ['ann', 1], ['ann', 0.5, '1m']
 */
export function shareOf<V>(holds: (value: V) => boolean): InvertibleAggregate<V, unknown, number | null> {
  return meanOf((value) => (holds(value) ? 1 : 0))
}

type Parts = Readonly<Record<string, InvertibleAggregate>>
/** What all parts can take: the intersection of their value types. */
type ValueOfParts<P extends Parts> = { [N in keyof P]: (value: Parameters<P[N]['add']>[1]) => void }[keyof P] extends (
  value: infer V,
) => void
  ? V
  : never
type ResultOfParts<P extends Parts> = { readonly [N in keyof P]: ReturnType<P[N]['result']> }

/**
 * Several aggregates as one, each under its name.
 * @example const sums = amounts.groupByKey().over({ ranges: { hour: '1h' }, aggregate: combined({ n: countOf(), sum: sumOf(Number) }) })
 * const hours = sums.mapValues(({ over }) => over.hour)
 * // amounts <- ['ann', 5], ['ann', 3, '1m']; hours -> ['ann', { n: 1, sum: 5 }], ['ann', { n: 2, sum: 8 }, '1m']
 */
export function combined<V, P extends Readonly<Record<string, InvertibleAggregate<V>>>>(
  parts: P,
): InvertibleAggregate<V & ValueOfParts<P>, unknown, ResultOfParts<P>> {
  const entries = Object.entries(parts)
  const aggregate: InvertibleAggregate<V & ValueOfParts<P>, unknown[], ResultOfParts<P>> = {
    init: () => entries.map(([, part]) => part.init()),
    add: (states, value) => {
      entries.forEach(([, part], i) => (states[i] = part.add(states[i], value)))
      return states
    },
    subtract: (states, value) => {
      entries.forEach(([, part], i) => (states[i] = part.subtract(states[i], value)))
      return states
    },
    result: (states) =>
      Object.fromEntries(entries.map(([name, part], i) => [name, part.result(states[i])])) as ResultOfParts<P>,
  }
  return aggregate
}

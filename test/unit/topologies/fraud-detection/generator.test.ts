import { expect, test } from 'vitest'
import { seededRandom } from '../../../../src/core/random.ts'
import { dayMs } from '../../../../topologies/fraud-detection/features.ts'
import { generateTransactions } from '../../../../topologies/fraud-detection/generator.ts'
import { createPlane } from '../../../../topologies/fraud-detection/generated-plane.ts'
import { firstDay, generate } from './fraud-data.ts'

test('one seed gives the same data twice, another seed gives other data', () => {
  expect(generate({ seed: 3 })).toEqual(generate({ seed: 3 }))
  expect(generate({ seed: 4 })).not.toEqual(generate({ seed: 3 }))
})

test.each([1, 2, 3])('time and ids ascend and stay within the days asked for, seed %i', (seed) => {
  const transactions = generate({ seed, days: 10 })
  expect(transactions.map(({ transactionId }) => transactionId)).toEqual(transactions.map((_, index) => index))
  expect(transactions.map(({ time }) => time)).toEqual(transactions.map(({ time }) => time).toSorted((a, b) => a - b))
  expect(transactions[0]!.time).toBeGreaterThanOrEqual(firstDay)
  expect(transactions.at(-1)!.time).toBeLessThan(firstDay + 10 * dayMs)
})

test('the number of transactions follows the mean rate of two per customer and day', () => {
  const count = generate({ customers: 500, terminals: 500, days: 20 }).length
  expect(count / (500 * 20)).toBeGreaterThan(1.8)
  expect(count / (500 * 20)).toBeLessThan(2.2)
})

test('amounts are whole cents, never negative, around 50 dollars', () => {
  const amounts = generate({ customers: 500, terminals: 500, days: 20 }).flatMap(({ amount, scenario }) =>
    scenario === 3 ? [] : [amount],
  )
  expect(amounts.every((amount) => amount >= 0 && Math.round(amount * 100) / 100 === amount)).toBe(true)
  const mean = amounts.reduce((sum, amount) => sum + amount, 0) / amounts.length
  expect(mean).toBeGreaterThan(45)
  expect(mean).toBeLessThan(62)
})

test('every fraud bears its scenario, and every amount above 220 is a fraud', () => {
  const transactions = generate({ customers: 500, terminals: 500 })
  expect(transactions.every(({ fraud, scenario }) => fraud === scenario > 0)).toBe(true)
  expect(transactions.every(({ fraud, amount }) => fraud || amount <= 220)).toBe(true)
  expect(new Set(transactions.map(({ scenario }) => scenario))).toEqual(new Set([0, 1, 2, 3]))
})

test('a terminal that is taken over sees nothing but fraud for 28 days', () => {
  const transactions = generate({ customers: 300, terminals: 300, days: 28 })
  const taken = transactions.find(({ scenario }) => scenario === 2)!
  const later = transactions.filter(({ terminalId, time }) => terminalId === taken.terminalId && time >= taken.time)
  expect(later.length).toBeGreaterThan(10)
  expect(later.every(({ fraud }) => fraud)).toBe(true)
})

test('about a third of the payments of a leaked card are five times as high', () => {
  const transactions = generate({ customers: 3, terminals: 50, days: 300 })
  const leaked = transactions.filter(({ scenario }) => scenario === 3)
  expect(leaked.length / transactions.length).toBeGreaterThan(0.28)
  expect(leaked.length / transactions.length).toBeLessThan(0.39)
  const mean = (amounts: number[]): number => amounts.reduce((sum, amount) => sum + amount, 0) / amounts.length
  const rest = transactions.filter(({ scenario }) => scenario !== 3)
  for (const customerId of [0, 1, 2]) {
    const amountsOf = (list: typeof rest): number[] =>
      list.flatMap((each) => (each.customerId === customerId ? [each.amount] : []))
    expect(mean(amountsOf(leaked)) / mean(amountsOf(rest))).toBeGreaterThan(4)
  }
})

test('who has no terminal within reach goes to the nearest', () => {
  const customers = createPlane({ customers: 100, terminals: 2, radius: 0.001 }, seededRandom(1))
  expect(customers.every(({ terminalIds }) => terminalIds.length === 1)).toBe(true)
  expect(new Set(customers.flatMap(({ terminalIds }) => terminalIds))).toEqual(new Set([0, 1]))
})

test.each([
  [{ customers: 0 }, 'customers is 0'],
  [{ terminals: 1.5 }, 'terminals is 1.5'],
  [{ days: Number.NaN }, 'days is NaN'],
  [{ start: firstDay + 1 }, 'give a midnight in UTC'],
  [{ radius: 0 }, 'radius is 0'],
])('options that make no sense are refused: %j', (wrong, message) => {
  const options = { customers: 1, terminals: 1, days: 1, start: firstDay, ...wrong }
  expect(() => generateTransactions(options, seededRandom(1)).next()).toThrow(message)
})

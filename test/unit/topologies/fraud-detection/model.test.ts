import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { explain } from '../../../../topologies/fraud-detection/explain.ts'
import { featureNames, type FeatureName, type Features } from '../../../../topologies/fraud-detection/features.ts'
import { loadModel, score, type FraudModel } from '../../../../topologies/fraud-detection/model.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-fraud-model-'))
afterAll(() => rmSync(folder, { recursive: true }))

const shipped = loadModel(new URL('../../../../topologies/fraud-detection/model.json', import.meta.url))

const ordinary: Features = {
  ...(Object.fromEntries(featureNames.map((name, index) => [name, shipped.means[index]!])) as Features),
  customer_count_1d: 4,
  terminal_count_7d: 10,
  terminal_count_30d: 30,
}

function modelWith(coefficients: Partial<Record<FeatureName, number>>): FraudModel {
  return { ...shipped, coefficients: featureNames.map((name) => coefficients[name] ?? 0), intercept: -1 }
}

test('the score is the logistic function of the standardised features', () => {
  const model = {
    ...modelWith({ customer_count_1d: 2, terminal_risk_7d: 3 }),
    means: featureNames.map(() => 1),
    stds: featureNames.map(() => 4),
  }
  const features = { ...ordinary, customer_count_1d: 5, terminal_risk_7d: 0.5 }
  expect(score(features, model)).toBeCloseTo(1 / (1 + Math.exp(-(-1 + 2 * 1 + 3 * -0.125))), 12)
})

test('the shipped model alerts on a terminal that saw nothing but fraud, and says so', () => {
  const features = { ...ordinary, terminal_risk_1d: 1, terminal_risk_7d: 0.6, terminal_risk_30d: 0.2 }
  expect(score(ordinary, shipped)).toBeLessThan(0.05)
  expect(score(features, shipped)).toBeGreaterThan(shipped.threshold)
  expect(explain(features, shipped)).toBe('terminal: 60 % frauds (6 of 10) in the 7 days that ended a week before')
})

test('the shipped model alerts on amounts far above the customer, and says so', () => {
  const features = {
    ...ordinary,
    customer_count_1d: 1,
    customer_avg_amount_1d: 260,
    customer_avg_amount_7d: 90,
    customer_avg_amount_30d: 50,
  }
  expect(score(features, shipped)).toBeGreaterThan(shipped.threshold)
  expect(explain(features, shipped)).toBe("amount pattern: the amount is 5.2x the customer's mean of the last 30 days")
  expect(explain({ ...features, customer_count_1d: 3 }, shipped)).toBe(
    "amount pattern: the customer's mean amount of the last day is 5.2x that of the last 30 days",
  )
})

test('a new customer is compared with all customers', () => {
  const high = 3 * shipped.means[featureNames.indexOf('customer_avg_amount_1d')]!
  const features = {
    ...ordinary,
    customer_count_1d: 1,
    customer_avg_amount_1d: high,
    customer_avg_amount_7d: high,
    customer_avg_amount_30d: high,
  }
  expect(explain(features, modelWith({ customer_avg_amount_1d: 1 }))).toBe(
    'amount pattern: the amount is 3.0x the mean of all customers',
  )
})

test('a second reason is named when it weighs at least half of the first', () => {
  const model = modelWith({ customer_count_1d: 1, during_night: 0.5 })
  const features = { ...ordinary, customer_count_1d: 9, during_night: 1 }
  const usual = shipped.means[featureNames.indexOf('customer_count_1d')]!.toFixed(1)
  expect(explain(features, model)).toBe(`frequency: the customer paid 9 times in the last day, ${usual} is usual`)
  expect(explain(features, modelWith({ customer_count_1d: 1, during_night: 1 }))).toMatch(
    /^frequency: .*; time: at night$/,
  )
})

test('where no feature raises the score, the reason says that', () => {
  expect(explain(ordinary, modelWith({}))).toBe('nothing stands out')
})

test.each<[Partial<FraudModel>, string]>([
  [{ features: ['amount'] }, 'its features are not those of features.ts'],
  [{ means: [1] }, 'means must be 14 numbers'],
  [{ stds: featureNames.map(() => 0) }, 'stds must be above 0'],
  [{ threshold: Number.NaN }, 'intercept and threshold must be numbers'],
])('a model that does not fit is refused: %j', (wrong, message) => {
  const file = join(folder, 'model.json')
  writeFileSync(file, JSON.stringify({ ...shipped, ...wrong }))
  expect(() => loadModel(file)).toThrow(`${file} is not a model that this app can use: ${message}`)
})

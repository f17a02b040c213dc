import { expect, test } from 'vitest'
import { seededRandom } from '../../../../src/core/random.ts'
import { batchFeatures } from '../../../../topologies/fraud-detection/batch-features.ts'
import { dayMs, featureNames } from '../../../../topologies/fraud-detection/features.ts'
import { fitLogistic, sigmoid } from '../../../../topologies/fraud-detection/logistic-regression.ts'
import { score } from '../../../../topologies/fraud-detection/model.ts'
import { defaultPeriods, parsePeriod } from '../../../../topologies/fraud-detection/periods.ts'
import { trainModel } from '../../../../topologies/fraud-detection/training.ts'
import { firstDay, generate } from './fraud-data.ts'

const day = (iso: string): number => Date.parse(`${iso}T00:00:00Z`)

test.each([11, 12])('the fit finds the coefficients that made the labels, seed %i', (seed) => {
  const random = seededRandom(seed)
  const values = Float64Array.from({ length: 40_000 }, () => random() * 4 - 2)
  const labels = Uint8Array.from({ length: 20_000 }, (_, row) =>
    random() < sigmoid(1.5 * values[row * 2]! - 0.5 * values[row * 2 + 1]! - 1) ? 1 : 0,
  )
  const { intercept, coefficients } = fitLogistic({ width: 2, values, labels }, { positiveWeight: 1, l2: 1e-6 })
  expect(coefficients[0]).toBeCloseTo(1.5, 0.9)
  expect(coefficients[1]).toBeCloseTo(-0.5, 0.9)
  expect(intercept).toBeCloseTo(-1, 0.9)
})

test('the fit settles where a column alone tells the labels apart', () => {
  const fit = fitLogistic(
    { width: 1, values: Float64Array.of(-1, -1, 1, 1), labels: Uint8Array.of(0, 0, 1, 1) },
    { positiveWeight: 1, l2: 1e-3 },
  )
  expect(fit.coefficients[0]).toBeGreaterThan(1)
  expect(fit.intercept).toBeCloseTo(0, 6)
})

test('a weight raises the odds by itself where nothing else is known', () => {
  const examples = { width: 1, values: new Float64Array(4), labels: Uint8Array.of(1, 0, 0, 0) }
  expect(sigmoid(fitLogistic(examples, { positiveWeight: 1, l2: 1e-3 }).intercept)).toBeCloseTo(1 / 4, 6)
  expect(sigmoid(fitLogistic(examples, { positiveWeight: 3, l2: 1e-3 }).intercept)).toBeCloseTo(1 / 2, 6)
})

test('generated data give a model that ranks a later week well, and whose scores are probabilities', () => {
  const transactions = generate({ customers: 400, terminals: 800, days: 70 })
  const periods = defaultPeriods({ from: firstDay, to: transactions.at(-1)!.time })
  const model = trainModel(transactions, periods, 'generated')
  expect(model.metrics.rocAuc).toBeGreaterThan(0.75)
  expect(model.metrics.averagePrecision).toBeGreaterThan((3 * model.testedOn.frauds) / model.testedOn.transactions)
  expect(trainModel(transactions, periods, 'generated')).toEqual(model)

  const featuresAt = batchFeatures(transactions)
  const scores = transactions.flatMap(({ time }, index) =>
    time >= periods.train.from && time < periods.train.to ? [score(featuresAt(index), model)] : [],
  )
  const expected = model.trainedOn.frauds / model.trainedOn.transactions
  expect(scores).toHaveLength(model.trainedOn.transactions)
  expect(scores.reduce((sum, each) => sum + each, 0) / scores.length / expected).toBeGreaterThan(0.8)
  expect(scores.reduce((sum, each) => sum + each, 0) / scores.length / expected).toBeLessThan(1.2)
})

test('what comes after the training days changes neither means nor coefficients', () => {
  const transactions = generate({ days: 50 })
  const periods = defaultPeriods({ from: firstDay, to: firstDay + 50 * dayMs - 1 })
  const changed = transactions.map((each) =>
    each.time < periods.train.to ? each : { ...each, amount: each.amount * 2, fraud: !each.fraud },
  )
  const [model, other] = [trainModel(transactions, periods, 'a'), trainModel(changed, periods, 'a')]
  expect(featureNames.map((_, index) => [other.means[index], other.coefficients[index]])).toEqual(
    featureNames.map((_, index) => [model.means[index], model.coefficients[index]]),
  )
})

test('training days without a fraud are refused', () => {
  const transactions = generate().map((each) => ({ ...each, fraud: false }))
  const periods = defaultPeriods({ from: firstDay, to: firstDay + 50 * dayMs - 1 })
  expect(() => trainModel(transactions, periods, 'a')).toThrow(/0 frauds in \d+ transactions: a model needs both kinds/)
})

test('by default test and validation are the last weeks, with the delay of the labels between', () => {
  expect(defaultPeriods({ from: day('2018-04-01') + 31_000, to: day('2018-06-30') + 85_000_000 })).toEqual({
    train: parsePeriod('2018-05-06..2018-06-03'),
    validate: parsePeriod('2018-06-10..2018-06-17'),
    test: parsePeriod('2018-06-24..2018-07-01'),
  })
})

test.each(Array.from({ length: 60 }, (_, index) => 17 + index))(
  'data of %i days are split into periods that keep the delay',
  (days) => {
    const { train, validate, test: last } = defaultPeriods({ from: firstDay, to: firstDay + days * dayMs - 1 })
    expect(train.from).toBeGreaterThanOrEqual(firstDay)
    expect(train.to).toBeGreaterThan(train.from)
    expect(validate.from - train.to).toBe(7 * dayMs)
    expect(last.from - validate.to).toBe(7 * dayMs)
    expect(last.to).toBe(firstDay + days * dayMs)
  },
)

test('data that are too short for two delays are refused', () => {
  expect(() => defaultPeriods({ from: firstDay, to: firstDay + 16 * dayMs - 1 })).toThrow(
    'the data covers 16 days: give at least 17',
  )
})

test('a period that starts before the labels of the one before are known is refused', () => {
  const periods = {
    train: parsePeriod('2024-01-01..2024-01-10'),
    validate: parsePeriod('2024-01-16..2024-01-18'),
    test: parsePeriod('2024-02-01..2024-02-08'),
  }
  expect(() => trainModel(generate(), periods, 'a')).toThrow('the validation must not start before 2024-01-17')
})

test.each([
  '',
  '2018-05-06',
  '2018-05-06..2018-05-06',
  '2018-05-06..2018-05-07..2018-05-08',
  '2018-02-31x..2018-03-03',
  '6.5.2018..7.5.2018',
])('a text that is not a period is refused: %j', (text) => expect(() => parsePeriod(text)).toThrow('is not a period'))

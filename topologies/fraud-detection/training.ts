import { batchFeatures } from './batch-features.ts'
import { featureNames, type Features } from './features.ts'
import { fitLogistic, type Examples } from './logistic-regression.ts'
import { bestThreshold, measure, type Judged } from './metrics.ts'
import { score, type FraudModel, type FraudScorer, type PeriodSummary } from './model.ts'
import { checkPeriods, formatDay, type Period, type Periods } from './periods.ts'
import type { LabelledTransaction } from './transactions-csv.ts'

const l2 = 1e-3

interface Example {
  readonly features: Features
  readonly fraud: boolean
}

/**
 * Fits the coefficients on one period, chooses the threshold with the best F1 on a second one and measures on a third.
 * The same data give the same model.
 *
 * @param transactions in time order; what lies before the periods still counts in their features
 * @param source where the transactions come from, for those who read the model
 * @throws RangeError for periods that overlap with the label delay, or that hold only one kind of transaction
 */
export function trainModel(transactions: readonly LabelledTransaction[], periods: Periods, source: string): FraudModel {
  checkPeriods(periods)
  const featuresAt = batchFeatures(transactions)
  const examplesOf = ({ from, to }: Period): Example[] =>
    transactions.flatMap(({ time, fraud }, index) =>
      time >= from && time < to ? [{ features: featuresAt(index), fraud }] : [],
    )
  const train = examplesOf(periods.train)
  const validate = examplesOf(periods.validate)
  const test = examplesOf(periods.test)
  const scorer = fit(train, periods.train)
  const threshold = bestThreshold(judge(validate, scorer))
  return {
    ...scorer,
    threshold,
    trainedOn: { ...summarise(periods.train, train), source },
    validatedOn: summarise(periods.validate, validate),
    testedOn: summarise(periods.test, test),
    metrics: measure(judge(test, scorer), threshold),
  }
}

function fit(examples: readonly Example[], period: Period): FraudScorer {
  const { frauds, transactions, from, to } = summarise(period, examples)
  if (frauds === 0 || frauds === transactions) {
    throw new RangeError(
      `${from}..${to} has ${frauds} frauds in ${transactions} transactions: a model needs both kinds to learn from`,
    )
  }
  const { means, stds } = momentsOf(examples)
  // Frauds are about one in a hundred. A fraud counts as the geometric mean of once and of full balance: on the
  // handbook's data full balance gives away precision at the top of the list, where alerts are.
  const positiveWeight = Math.sqrt((transactions - frauds) / frauds)
  const { intercept, coefficients } = fitLogistic(standardise(examples, means, stds), { positiveWeight, l2 })
  // The weight raised all odds alike; taken out of the intercept again, the score is a probability.
  return { features: featureNames, means, stds, coefficients, intercept: intercept - Math.log(positiveWeight) }
}

function momentsOf(examples: readonly Example[]): { means: number[]; stds: number[] } {
  const average = (valueOf: (features: Features) => number): number =>
    examples.reduce((sum, { features }) => sum + valueOf(features), 0) / examples.length
  const means = featureNames.map((name) => average((features) => features[name]))
  // A feature that never varies says nothing: any divisor does, 0 excepted.
  const stds = featureNames.map(
    (name, index) => Math.sqrt(average((features) => (features[name] - means[index]!) ** 2)) || 1,
  )
  return { means, stds }
}

function standardise(examples: readonly Example[], means: readonly number[], stds: readonly number[]): Examples {
  const width = featureNames.length
  const values = new Float64Array(examples.length * width)
  examples.forEach(({ features }, row) => {
    featureNames.forEach((name, index) => {
      values[row * width + index] = (features[name] - means[index]!) / stds[index]!
    })
  })
  return { width, values, labels: Uint8Array.from(examples, ({ fraud }) => (fraud ? 1 : 0)) }
}

function judge(examples: readonly Example[], scorer: FraudScorer): Judged[] {
  return examples.map(({ features, fraud }) => ({ score: score(features, scorer), fraud }))
}

function summarise({ from, to }: Period, examples: readonly Example[]): PeriodSummary {
  return {
    from: formatDay(from),
    to: formatDay(to),
    transactions: examples.length,
    frauds: examples.filter(({ fraud }) => fraud).length,
  }
}

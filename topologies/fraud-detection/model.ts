import { readFileSync } from 'node:fs'
import { featureNames, type Features } from './features.ts'
import { sigmoid } from './logistic-regression.ts'
import type { Metrics } from './metrics.ts'

/** Days `[from, to)`, ISO dates in UTC, and what lies in them. */
export interface PeriodSummary {
  readonly from: string
  readonly to: string
  readonly transactions: number
  readonly frauds: number
}

/** A logistic regression on standardised features. The lists go by the order of `features`. */
export interface FraudScorer {
  readonly features: readonly string[]
  readonly means: readonly number[]
  readonly stds: readonly number[]
  readonly coefficients: readonly number[]
  readonly intercept: number
}

/** A scorer, the threshold of its alerts, and where they come from. */
export interface FraudModel extends FraudScorer {
  /** Scores from here on are alerts. */
  readonly threshold: number
  readonly trainedOn: PeriodSummary & { readonly source: string }
  /** Where the threshold was chosen. */
  readonly validatedOn: PeriodSummary
  /** Where the metrics were measured; neither the fit nor the threshold has seen it. */
  readonly testedOn: PeriodSummary
  readonly metrics: Metrics
}

/** The model's probability that it is a fraud, in [0, 1]. */
export function score(features: Features, scorer: FraudScorer): number {
  return sigmoid(contributions(features, scorer).reduce((sum, part) => sum + part, scorer.intercept))
}

/** What each feature adds to the log-odds, against a transaction that is average in all of them. */
export function contributions(features: Features, { coefficients, means, stds }: FraudScorer): number[] {
  return featureNames.map((name, index) => (coefficients[index]! * (features[name] - means[index]!)) / stds[index]!)
}

/** @throws Error when the file cannot be read or is not a model for the features of this app */
export function loadModel(file: string | URL): FraudModel {
  const model = JSON.parse(readFileSync(file, 'utf8')) as FraudModel
  const problem = findProblem(model)
  if (problem !== null)
    throw new Error(
      `${String(file)} is not a model that this app can use: ${problem}; make one with npm run fraud:train`,
    )
  return model
}

function findProblem(model: FraudModel): string | null {
  if (String(model.features) !== String(featureNames)) return 'its features are not those of features.ts'
  for (const part of ['means', 'stds', 'coefficients'] as const) {
    if (model[part]?.length !== featureNames.length || !model[part].every(Number.isFinite))
      return `${part} must be ${featureNames.length} numbers`
  }
  if (model.stds.some((std) => std <= 0)) return 'stds must be above 0'
  return Number.isFinite(model.intercept) && Number.isFinite(model.threshold)
    ? null
    : 'intercept and threshold must be numbers'
}

import { featureNames, type FeatureName, type Features } from './features.ts'
import { contributions, type FraudModel } from './model.ts'

/** Features that tell one story together; alone, correlated ones pull against each other. */
interface Aspect {
  readonly features: readonly FeatureName[]
  /** @param top the feature of the aspect that contributes most */
  readonly say: (top: FeatureName, features: Features, usual: Features) => string
}

const aspects: readonly Aspect[] = [
  { features: ['customer_avg_amount_1d', 'customer_avg_amount_7d', 'customer_avg_amount_30d'], say: sayAmount },
  { features: ['customer_count_1d', 'customer_count_7d', 'customer_count_30d'], say: sayFrequency },
  { features: ['terminal_risk_1d', 'terminal_risk_7d', 'terminal_risk_30d'], say: sayTerminalRisk },
  { features: ['terminal_count_1d', 'terminal_count_7d', 'terminal_count_30d'], say: sayTerminalTraffic },
  {
    features: ['during_weekend', 'during_night'],
    say: (top) => (top === 'during_night' ? 'time: at night' : 'time: at the weekend'),
  },
]

/** A reason counts beside the first one when it weighs at least this share of it. */
const secondReasonShare = 0.5

/** A mean that rose by less than this is no story. */
const noticeable = 1.2

/**
 * Why the score is as high as it is, in words: the one or two aspects that raise it most against an average transaction.
 */
export function explain(features: Features, model: FraudModel): string {
  const parts = toFeatures(contributions(features, model))
  const usual = toFeatures(model.means)
  const weights = aspects.map((aspect) => ({
    aspect,
    weight: aspect.features.reduce((sum, name) => sum + parts[name], 0),
  }))
  const raising = weights.filter(({ weight }) => weight > 0).toSorted((a, b) => b.weight - a.weight)
  const first = raising[0]
  if (first === undefined) return 'nothing stands out'
  return raising
    .slice(0, 2)
    .filter(({ weight }) => weight >= first.weight * secondReasonShare)
    .map(({ aspect }) => aspect.say(topOf(aspect, parts), features, usual))
    .join('; ')
}

function toFeatures(values: readonly number[]): Features {
  return Object.fromEntries(featureNames.map((name, index) => [name, values[index]!])) as Features
}

function topOf({ features }: Aspect, parts: Features): FeatureName {
  return features.reduce((top, name) => (parts[name] > parts[top] ? name : top))
}

function sayAmount(_top: FeatureName, features: Features, usual: Features): string {
  const { customer_avg_amount_1d: day, customer_avg_amount_7d: week, customer_avg_amount_30d: month } = features
  const single = features.customer_count_1d === 1
  const what = single ? 'the amount' : "the customer's mean amount of the last day"
  if (day >= month * noticeable)
    return `amount pattern: ${what} is ${ratio(day, month)} ${single ? "the customer's mean" : 'that'} of the last 30 days`
  if (week >= month * noticeable)
    return `amount pattern: the customer's mean amount of the last 7 days is ${ratio(week, month)} that of the last 30 days`
  return `amount pattern: ${what} is ${ratio(day, usual.customer_avg_amount_1d)} the mean of all customers`
}

function ratio(value: number, base: number): string {
  return `${(value / base).toFixed(1)}x`
}

function sayFrequency(top: FeatureName, features: Features, usual: Features): string {
  return `frequency: the customer paid ${features[top]} times in the last ${rangeOf(top)}, ${usual[top].toFixed(1)} is usual`
}

function sayTerminalRisk(top: FeatureName, features: Features): string {
  const count = features[top.replace('risk', 'count') as FeatureName]
  const frauds = Math.round(features[top] * count)
  return `terminal: ${Math.round(features[top] * 100)} % frauds (${frauds} of ${count}) in the ${rangeOf(top)} that ended a week before`
}

function sayTerminalTraffic(top: FeatureName, features: Features, usual: Features): string {
  return `terminal: ${features[top]} payments in the ${rangeOf(top)} that ended a week before, ${usual[top].toFixed(1)} is usual`
}

function rangeOf(name: FeatureName): string {
  if (name.endsWith('_1d')) return 'day'
  return name.endsWith('_7d') ? '7 days' : '30 days'
}

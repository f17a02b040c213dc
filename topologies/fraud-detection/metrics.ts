/** How a scorer sees a transaction, and what it was. */
export interface Judged {
  readonly score: number
  readonly fraud: boolean
}

export interface Metrics {
  /** The chance that a fraud scores higher than a genuine transaction; a tie counts half. */
  readonly rocAuc: number
  /** Mean precision over the frauds, from the highest score down. */
  readonly averagePrecision: number
  /** Share of frauds among the alerts; 0 without alerts. */
  readonly precision: number
  /** Share of the frauds that an alert was raised for. */
  readonly recall: number
}

/** Transactions of one score, with all that score higher counted in. */
interface Step {
  readonly score: number
  readonly frauds: number
  readonly alerts: number
}

/** @param threshold scores from here on are alerts. All metrics are 0 where there is nothing to find. */
export function measure(judged: readonly Judged[], threshold: number): Metrics {
  const steps = stepsDown(judged)
  const frauds = steps.at(-1)?.frauds ?? 0
  const genuine = judged.length - frauds
  let ranked = 0
  let averagePrecision = 0
  let before = { frauds: 0, alerts: 0 }
  for (const step of steps) {
    const newFrauds = step.frauds - before.frauds
    const newGenuine = step.alerts - before.alerts - newFrauds
    ranked += newGenuine * (before.frauds + newFrauds / 2)
    averagePrecision += newFrauds * (step.frauds / step.alerts)
    before = step
  }
  const atThreshold = steps.findLast((step) => step.score >= threshold) ?? { frauds: 0, alerts: 0 }
  return {
    rocAuc: share(ranked, frauds * genuine),
    averagePrecision: share(averagePrecision, frauds),
    precision: share(atThreshold.frauds, atThreshold.alerts),
    recall: share(atThreshold.frauds, frauds),
  }
}

/** The threshold with the best F1, the harmonic mean of precision and recall; the highest of equals. 1 where there is nothing to find. */
export function bestThreshold(judged: readonly Judged[]): number {
  const steps = stepsDown(judged)
  const frauds = steps.at(-1)?.frauds ?? 0
  let best = { score: 1, f1: 0 }
  for (const step of steps) {
    const f1 = (2 * step.frauds) / (step.alerts + frauds)
    if (f1 > best.f1) best = { score: step.score, f1 }
  }
  return best.score
}

function stepsDown(judged: readonly Judged[]): Step[] {
  const steps: Step[] = []
  let frauds = 0
  judged
    .toSorted((a, b) => b.score - a.score)
    .forEach(({ score, fraud }, index) => {
      if (fraud) frauds++
      if (steps.at(-1)?.score === score) steps.pop()
      steps.push({ score, frauds, alerts: index + 1 })
    })
  return steps
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

import { ConfigError } from '../core/errors.ts'
import type { Plan } from '../planner/plan.ts'
import type { ResolvedConfig } from './resolved-config.ts'

/** An operator that sends records to a dead-letter topic needs one: known at the start, not when the first record fails. */
export function checkDeadLetterTopic(plan: Plan, { deadLetterTopic }: ResolvedConfig): void {
  if (deadLetterTopic !== null) return
  const nodes = plan.subtopologies.flatMap((subtopology) => subtopology.nodes)
  const problems = nodes.flatMap(({ name, onError }) => {
    if (onError?.then !== 'dead-letter' && onError?.then !== 'park') return []
    const problem = `it is not set, and onError of ${name} is '${onError.then}'`
    return {
      path: 'deadLetterTopic',
      problem,
      remedy: 'name the topic that dead letters go to; it is created if it is missing',
    }
  })
  if (problems.length > 0) throw new ConfigError(problems)
}

import { planTopology, topology, TopologyError, type Plan, type StreamsBuilder } from 'millrace'

/** The plan of a topology under the application id `app`. */
export function planned(declare: (builder: StreamsBuilder) => void): Plan {
  return planTopology(topology('shop', declare), { applicationId: 'app' })
}

export function problemsOf(declare: (builder: StreamsBuilder) => void): readonly string[] {
  try {
    planned(declare)
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error
    return error.problems.map(({ path, problem }) => `${path}: ${problem}`)
  }
  return []
}

export function topics(plan: Plan, kind: 'repartition' | 'changelog'): readonly string[] {
  return plan.internalTopics.filter((topic) => topic.kind === kind).map(({ name }) => name)
}

export function stores(plan: Plan): readonly string[] {
  return plan.subtopologies.flatMap((subtopology) => subtopology.stores.map(({ name }) => name))
}

/** Whether null keys are dropped before each repartition topic. */
export function dropsNullKeys(plan: Plan): Readonly<Record<string, boolean>> {
  const drops: Record<string, boolean> = {}
  for (const { operator } of plan.subtopologies.flatMap(({ nodes }) => nodes)) {
    if (operator.kind === 'sink' && String(operator.topic).endsWith('-repartition')) {
      drops[String(operator.topic)] = operator.dropNullKeys
    }
  }
  return drops
}

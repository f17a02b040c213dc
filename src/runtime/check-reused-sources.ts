import { TopologyError } from '../core/errors.ts'
import type { Problem } from '../core/errors.ts'
import type { OffsetReset, Plan, PlanSource, Subtopology } from '../planner/plan.ts'
import type { StoreSpec } from '../planner/store-spec.ts'
import type { AdminPort, TopicDescription } from './port.ts'

interface ReusedSource {
  readonly store: StoreSpec
  readonly source: PlanSource
}

/**
 * A topic that stands in for a changelog must hold the latest value of every key for as long as the app lives. Kafka Streams leaves
 * it to the user to see to that; rows that retention took would be missing after the next restart, without a word.
 *
 * @throws TopologyError `MILLRACE_SOURCE_NOT_KEPT` with every topic that may lose rows, and what to do
 */
export async function checkReusedSources(
  plan: Plan,
  admin: AdminPort,
  settings: { readonly offsetReset: OffsetReset },
): Promise<void> {
  const reused = plan.subtopologies.flatMap(reusedSources)
  if (reused.length === 0) return
  const described = new Map(
    (await admin.describeTopics(reused.map(({ source }) => source.topic))).map((topic) => [topic.topic, topic]),
  )
  const problems = reused.flatMap((each) => [
    ...startProblems(each, settings.offsetReset),
    ...topicProblems(each, described.get(each.source.topic)),
  ])
  if (problems.length > 0) throw new TopologyError(problems, 'MILLRACE_SOURCE_NOT_KEPT')
}

function reusedSources({ stores, sources }: Subtopology): readonly ReusedSource[] {
  return stores.flatMap((store) => {
    const isReused = 'reusesSource' in store && store.reusesSource === true
    const source = sources.find(({ topic }) => topic === store.changelogTopic)
    return isReused && source !== undefined ? [{ store, source }] : []
  })
}

const otherwise = 'or leave out reuse.ktable.source.topics'

function startProblems({ source }: ReusedSource, fallback: OffsetReset): readonly Problem[] {
  if ((source.offsetReset ?? fallback) !== 'latest') return []
  const problem =
    'the app begins at its end, and a restart would bring what lies before into the table that is restored from it'
  return [{ path: `topic ${source.topic}`, problem, remedy: `set offsetReset: 'earliest' for the table, ${otherwise}` }]
}

function topicProblems({ store, source }: ReusedSource, found: TopicDescription | undefined): readonly Problem[] {
  const configs = found?.configs ?? {}
  const policy = configs['cleanup.policy'] ?? 'delete'
  const path = `topic ${source.topic}`
  const problems: Problem[] = []
  const isBounded = configs['retention.ms'] !== '-1' || (configs['retention.bytes'] ?? '-1') !== '-1'
  if (policy.includes('delete') && isBounded) {
    problems.push({
      path,
      problem: `cleanup.policy=${policy} deletes rows of the table ${store.name} that is restored from it`,
      remedy: `set cleanup.policy=compact on the topic, or retention.ms=-1 and retention.bytes=-1, ${otherwise}`,
    })
  }
  const lagMs = Number(configs['min.compaction.lag.ms'] ?? 0)
  if (store.kind === 'versioned' && policy.includes('compact') && lagMs < store.historyRetentionMs) {
    problems.push({
      path,
      problem: `compaction may remove versions after ${lagMs} ms, and the table ${store.name} keeps them for ${store.historyRetentionMs} ms`,
      remedy: `set min.compaction.lag.ms of the topic to ${store.historyRetentionMs} at least, ${otherwise}`,
    })
  }
  return problems
}

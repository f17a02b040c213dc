import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { Plan } from 'millrace'
import { topicNames } from './topic-names.ts'

/** Of topics that are created here. */
const defaultPartitionCount = 4

const leaderAttemptsMax = 50
const leaderWaitMs = 200

/**
 * Creates what is missing of the app's topics, the internal ones included.
 *
 * Their times are those of the events, years ago in a replay, and brokers delete by time: with a retention, records and
 * changelogs would vanish minutes after they were written, and a restart would restore state with holes. An app on
 * live data needs none of this: it creates its internal topics itself, with a retention.
 *
 * @returns how many partitions the inputs have
 * @throws Error when the inputs exist with different partition counts
 */
export async function ensureTopics(admin: Admin, plan: Plan): Promise<number> {
  const existing = new Set(await admin.listTopics())
  const partitionCount = await inputPartitions(admin, existing)
  const topics = [
    ...Object.values(topicNames).map((name) => ({ name, configs: {} })),
    // As many partitions as the inputs: payments meet labels by partition, and changelogs follow their tasks.
    ...plan.internalTopics,
  ]
  const missing = topics.filter(({ name }) => !existing.has(name))
  if (missing.length === 0) return partitionCount
  await admin.createTopics({
    waitForLeaders: true,
    topics: missing.map(({ name, configs }) => ({
      topic: name,
      numPartitions: partitionCount,
      configEntries: toEntries({ ...configs, 'retention.ms': '-1' }),
    })),
  })
  for (const { name } of missing) await untilReadable(admin, name)
  return partitionCount
}

/** The controller has made the topic, but its leader may not have heard of it yet; KafkaJS then gives up at once. */
async function untilReadable(admin: Admin, topic: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await admin.fetchTopicOffsets(topic)
      return
    } catch (error) {
      if (attempt === leaderAttemptsMax) throw error
      await sleep(leaderWaitMs)
    }
  }
}

async function inputPartitions(admin: Admin, existing: ReadonlySet<string>): Promise<number> {
  const inputs = [topicNames.transactions, topicNames.labels].filter((topic) => existing.has(topic))
  if (inputs.length === 0) return defaultPartitionCount
  const { topics } = await admin.fetchTopicMetadata({ topics: inputs })
  const counts = topics.map(({ partitions }) => partitions.length)
  if (new Set(counts).size > 1) {
    const found = topics.map(({ name, partitions }) => `${name} has ${partitions.length}`).join(' and ')
    throw new Error(`the inputs must have equal partition counts, but ${found}: create one of them anew`)
  }
  return counts[0] ?? defaultPartitionCount
}

function toEntries(configs: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(configs).map(([name, value]) => ({ name, value }))
}

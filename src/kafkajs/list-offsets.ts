import type { TopicPartition } from '../core/topic-partition.ts'
import { byTopic } from './by-topic.ts'
import { leaderOf } from './connection.ts'
import { errorFromCode, type KafkaJsBroker, type KafkaJsCluster } from './kafkajs-library.ts'

export interface OffsetOf extends TopicPartition {
  readonly offset: number
}

const timestampOf = { earliest: -2, latest: -1 } as const
const notLeaderCode = 6

/** The partitions under the broker that leads them. Throws a retriable error while one has no leader. */
export async function groupByLeader<T extends TopicPartition>(
  cluster: KafkaJsCluster,
  partitions: readonly T[],
): Promise<ReadonlyMap<KafkaJsBroker, readonly T[]>> {
  const groups = new Map<KafkaJsBroker, T[]>()
  for (const partition of partitions) {
    const nodeId = leaderOf(cluster, partition.topic, partition.partition)
    if (nodeId === undefined) throw errorFromCode(notLeaderCode)
    const broker = await cluster.findBroker({ nodeId })
    groups.set(broker, [...(groups.get(broker) ?? []), partition])
  }
  return groups
}

/** First or end offsets; `latest` as a read-committed reader sees it when `readCommitted`. The topics' metadata must be loaded. */
export async function listOffsets(
  cluster: KafkaJsCluster,
  partitions: readonly TopicPartition[],
  which: 'earliest' | 'latest',
  readCommitted = false,
): Promise<readonly OffsetOf[]> {
  const found: OffsetOf[] = []
  for (const [broker, ofBroker] of await groupByLeader(cluster, partitions)) {
    const topics = [...byTopic(ofBroker)].map(([topic, ofTopic]) => ({
      topic,
      partitions: ofTopic.map(({ partition }) => ({ partition, timestamp: timestampOf[which] })),
    }))
    const { responses } = await broker.listOffsets({ isolationLevel: readCommitted ? 1 : 0, topics })
    for (const { topic, partitions: offsets } of responses) {
      for (const { partition, offset } of offsets) found.push({ topic, partition, offset: Number(offset) })
    }
  }
  return found
}

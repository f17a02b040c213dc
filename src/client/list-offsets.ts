import type { TopicPartition } from '../core/topic-partition.ts'
import { kafkaError } from '../protocol/kafka-error.ts'
import { AnswerError } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import type { Cluster } from './cluster.ts'

export interface OffsetOf extends TopicPartition {
  readonly offset: number
}

const timestampOf = { earliest: -2, latest: -1 } as const

/** The partitions under the node id of their leader. Throws a retriable error while one has no leader. */
export function groupByLeader<T extends TopicPartition>(
  cluster: Cluster,
  partitions: readonly T[],
): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>()
  for (const partition of partitions) {
    const leader = cluster.leaderOf(partition)
    if (leader === undefined) throw new AnswerError(kafkaError.LEADER_NOT_AVAILABLE, partition)
    const group = groups.get(leader)
    if (group === undefined) groups.set(leader, [partition])
    else group.push(partition)
  }
  return groups
}

/** First or end offsets; `latest` as a read-committed reader sees it when `readCommitted`. The topics must have been added. */
export async function listOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  which: 'earliest' | 'latest',
  readCommitted = false,
): Promise<readonly OffsetOf[]> {
  const groups = [...groupByLeader(cluster, partitions)]
  const found = await Promise.all(
    groups.map(([leader, ofLeader]) => listFrom(cluster, leader, ofLeader, { which, readCommitted })),
  )
  return found.flat()
}

async function listFrom(
  cluster: Cluster,
  leader: number,
  partitions: readonly TopicPartition[],
  { which, readCommitted }: { readonly which: 'earliest' | 'latest'; readonly readCommitted: boolean },
): Promise<OffsetOf[]> {
  const topics = [...byTopic(partitions)].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition }) => ({ partitionIndex: partition, timestamp: timestampOf[which] })),
  }))
  const request = {
    replicaId: -1,
    isolationLevel: readCommitted ? 1 : 0,
    topics,
    timeoutMs: cluster.options.requestTimeoutMs,
  }
  const answer = await cluster.send(leader, 'ListOffsets', request)
  return answer.topics.flatMap(({ name, partitions: offsets }) =>
    offsets.map(({ partitionIndex, errorCode, offset }) => {
      const partition = { topic: name, partition: partitionIndex }
      if (errorCode !== kafkaError.NONE) throw new AnswerError(errorCode, partition)
      return { ...partition, offset }
    }),
  )
}

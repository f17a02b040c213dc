import type { TopicPartition } from '../core/topic-partition.ts'
import { byTopic } from './by-topic.ts'
import type { Cluster } from './cluster.ts'

export interface EncodedBatch extends TopicPartition {
  readonly bytes: Buffer
}

export interface ProduceResult extends TopicPartition {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const allInSyncReplicas = -1

export async function produceTo(
  cluster: Cluster,
  node: number,
  batches: readonly EncodedBatch[],
  transactionalId: string | null = null,
): Promise<readonly ProduceResult[]> {
  const topicData = [...byTopic(batches)].map(([name, ofTopic]) => ({
    name,
    partitionData: ofTopic.map(({ partition, bytes }) => ({ index: partition, records: bytes })),
  }))
  const timeoutMs = cluster.options.requestTimeoutMs
  const request = { transactionalId, acks: allInSyncReplicas, timeoutMs, topicData }
  const { responses } = await cluster.send(node, 'Produce', request)
  return responses.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode, errorMessage }) => ({
      topic: name,
      partition: index,
      errorCode,
      errorMessage,
    })),
  )
}

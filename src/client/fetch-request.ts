import type { TopicPartition } from '../core/topic-partition.ts'
import type { ResponseOf } from '../protocol/messages/messages.ts'
import type { AbortedTransaction } from '../protocol/records/aborted-filter.ts'
import { checkAnswer, isRetriable, kafkaErrorOf } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'

export interface FetchOptions {
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  readonly readCommitted: boolean
}

export interface PartitionFetch extends TopicPartition {
  readonly errorCode: number
  /** Up to where a reader with this isolation may read: the last stable offset, or the high watermark. */
  readonly end: number
  readonly logStart: number
  readonly aborted: readonly AbortedTransaction[]
  readonly records: Buffer
}

const noRecords = Buffer.alloc(0)

export async function fetchFrom(
  cluster: Cluster,
  node: number,
  positions: readonly (TopicPartition & { readonly offset: number })[],
  options: FetchOptions,
): Promise<readonly PartitionFetch[]> {
  const { maxWaitMs, maxBytes, partitionMaxBytes, readCommitted } = options
  // One entry a partition, in the given order: the broker fills the response in the order of the request (KIP-74).
  const topics = positions.map(({ topic, partition, offset }) => ({
    topic,
    partitions: [{ partition, fetchOffset: offset, partitionMaxBytes }],
  }))
  const request = {
    maxWaitMs,
    minBytes: 1,
    maxBytes,
    isolationLevel: readCommitted ? 1 : 0,
    topics,
    forgottenTopicsData: [],
  }
  const answer = await cluster.send(node, 'Fetch', request, { channel: 'fetch' })
  checkAnswer(answer.errorCode)
  return answer.responses.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => partitionFetch(topic, partition, readCommitted)),
  )
}

type PartitionAnswer = ResponseOf<'Fetch'>['responses'][number]['partitions'][number]

function partitionFetch(topic: string, answer: PartitionAnswer, readCommitted: boolean): PartitionFetch {
  const { partitionIndex, errorCode, highWatermark, lastStableOffset, logStartOffset, records } = answer
  const end = readCommitted && lastStableOffset >= 0 ? lastStableOffset : highWatermark
  const aborted = readCommitted ? (answer.abortedTransactions ?? []) : []
  return {
    topic,
    partition: partitionIndex,
    errorCode,
    end,
    logStart: logStartOffset,
    aborted: aborted.map(({ producerId, firstOffset }) => ({ producerId: BigInt(producerId), firstOffset })),
    records: records ?? noRecords,
  }
}

/** Also after UNKNOWN_SERVER_ERROR, as Kafka's consumer does (FetchCollector): to read again does no harm. */
export function mayFetchAgain(error: unknown): boolean {
  return isRetriable(error) || kafkaErrorOf(error) === 'UNKNOWN_SERVER_ERROR'
}

import type { TopicPartition } from '../core/topic-partition.ts'
import { kafkaError } from '../protocol/kafka-error.ts'
import type { NewRequest, ResponseOf } from '../protocol/messages/messages.ts'
import type { AbortedTransaction } from '../protocol/records/aborted-filter.ts'
import { checkAnswer, isRetriable, kafkaErrorOf } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import type { EpochEnd, LeaderEpochs } from './leader-epochs.ts'

export interface FetchOptions {
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  readonly readCommitted: boolean
}

/** What is to be read next of a partition. */
export interface FetchPosition extends TopicPartition {
  readonly offset: number
  readonly epochs: LeaderEpochs
}

export interface PartitionFetch extends TopicPartition {
  readonly errorCode: number
  /** Where the epoch of what was read last, or the largest one before it, ends: the leader's log is another one behind that. */
  readonly diverging: EpochEnd | undefined
  /** Up to where a reader with this isolation may read: the last stable offset, or the high watermark. */
  readonly end: number
  readonly logStart: number
  readonly aborted: readonly AbortedTransaction[]
  readonly records: Buffer
}

const noRecords = Buffer.alloc(0)
/** The first version that can say `lastFetchedEpoch` (KIP-595; Kafka 2.7). */
const divergingVersion = 12
/** The broker knows less of the topic than was known of it before. */
const strangeErrors: ReadonlySet<number> = new Set([
  kafkaError.UNKNOWN_TOPIC_OR_PARTITION,
  kafkaError.UNKNOWN_LEADER_EPOCH,
])

export async function fetchFrom(
  cluster: Cluster,
  node: number,
  positions: readonly FetchPosition[],
  options: FetchOptions,
): Promise<readonly PartitionFetch[]> {
  const { maxWaitMs, maxBytes, partitionMaxBytes, readCommitted } = options
  // One entry a partition, in the given order: the broker fills the response in the order of the request (KIP-74).
  const topics = (version: number): NewRequest<'Fetch'>['topics'] =>
    positions.map(({ topic, partition, offset, epochs }) => ({
      topic,
      partitions: [
        {
          partition,
          fetchOffset: offset,
          partitionMaxBytes,
          currentLeaderEpoch: cluster.leaderEpochOf({ topic, partition }),
          lastFetchedEpoch: version < divergingVersion ? -1 : epochs.before(offset),
        },
      ],
    }))
  const request = { maxWaitMs, minBytes: 1, maxBytes, isolationLevel: readCommitted ? 1 : 0, forgottenTopicsData: [] }
  const send = (version: number): NewRequest<'Fetch'> => ({ ...request, topics: topics(version) })
  const answer = await cluster.send(node, 'Fetch', send, { channel: 'fetch' })
  checkAnswer(answer.errorCode)
  for (const { topic, partitions } of answer.responses)
    if (partitions.some(({ errorCode }) => strangeErrors.has(errorCode))) cluster.doubtTopic(topic)
  return answer.responses.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => partitionFetch(topic, partition, readCommitted)),
  )
}

type PartitionAnswer = ResponseOf<'Fetch'>['responses'][number]['partitions'][number]

function partitionFetch(topic: string, answer: PartitionAnswer, readCommitted: boolean): PartitionFetch {
  const { partitionIndex, errorCode, highWatermark, lastStableOffset, logStartOffset, divergingEpoch, records } = answer
  const end = readCommitted && lastStableOffset >= 0 ? lastStableOffset : highWatermark
  const aborted = readCommitted ? (answer.abortedTransactions ?? []) : []
  return {
    topic,
    partition: partitionIndex,
    errorCode,
    // A broker without KIP-320, and one that has nothing to say, leave it at -1.
    diverging: divergingEpoch.endOffset < 0 ? undefined : divergingEpoch,
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

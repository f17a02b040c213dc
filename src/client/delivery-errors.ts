import { BrokerError } from '../core/errors.ts'
import { topicPartitionName, type TopicPartition } from '../core/topic-partition.ts'
import type { KafkaErrorName } from '../protocol/kafka-error.ts'
import type { PendingBatch } from './pending-batch.ts'

type Names = ReadonlySet<KafkaErrorName | undefined>

export const tooLargeErrors: Names = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** The broker cannot place the batch, or takes its producer for another one. */
export const identityErrors: Names = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])

/** The batch may have been written although the answer is an error. */
export const inDoubtErrors: Names = new Set([
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NETWORK_EXCEPTION',
])

const keyCharactersMax = 60

export function tooLate({ topic, partition }: TopicPartition, timeoutMs: number, cause: unknown): BrokerError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  const message = `${topicPartitionName({ topic, partition })} did not take the record within ${timeoutMs} ms${why}`
  return new BrokerError('MILLRACE_BROKER_FAILED', message, { topic, partition, retriable: false, cause })
}

/** Of a batch with one record, which no split makes smaller. */
export function recordTooLarge({ topic, partition }: TopicPartition, batch: PendingBatch, cause: unknown): BrokerError {
  let name = 'without a key'
  batch.forEach(({ key }) => {
    if (key !== null) name = `with the key '${Buffer.from(key).toString('utf8').slice(0, keyCharactersMax)}'`
  })
  const message =
    `the record ${name} for ${topicPartitionName({ topic, partition })}, of about ${batch.bytes} bytes before compression, is larger than ` +
    `the topic allows: make it smaller, or raise the topic's max.message.bytes`
  return new BrokerError('MILLRACE_BROKER_FAILED', message, { topic, partition, retriable: false, cause })
}

import { StateError } from '../../core/errors.ts'
import { compressionCode } from '../../protocol/compression/compression.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import { BatchHeader, batchOverhead } from '../../protocol/records/batch-header.ts'
import { logOf, type LogContext } from './log-context.ts'

type Request = RequestOf<'Produce'>
type PartitionData = Request['topicData'][number]['partitionData'][number]
type PartitionResponse = NewResponse<'Produce'>['responses'][number]['partitionResponses'][number]

export interface ProduceContext extends LogContext {
  readonly broker: LogContext['broker'] & {
    /** Without, only the log checks: sequences, epochs, and that a transaction is not mixed with other writes. */
    readonly transactions?: {
      /** 0 when the transaction is open and has the partition in it, Kafka's code otherwise (KIP-890, part 1). */
      verifyPartition(write: TransactionalWrite): number
    }
  }
}

export interface TransactionalWrite {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly topic: string
  readonly partition: number
}

/** The first version in which clients may send zstd (KIP-110). */
const zstdVersion = 7

/** With these Kafka's ReplicaManager says nothing of the log, as with errors that it has before it looks at it. */
const hidesLogStart: ReadonlySet<number> = new Set([
  kafkaError.CORRUPT_MESSAGE,
  kafkaError.MESSAGE_TOO_LARGE,
  kafkaError.RECORD_LIST_TOO_LARGE,
])

/** Null for acks=0: nobody waits for an answer. One node: acks of 1 and of all are the same. */
export function produce(request: Request, context: ProduceContext): NewResponse<'Produce'> | null {
  const responses = request.topicData.map(({ name, partitionData }) => ({
    name,
    partitionResponses: partitionData.map((data) => appendTo(name, data, { request, context })),
  }))
  return request.acks === 0 ? null : { responses }
}

interface Call {
  readonly request: Request
  readonly context: ProduceContext
}

function appendTo(topic: string, { index, records }: PartitionData, call: Call): PartitionResponse {
  const { context, request } = call
  if (![-1, 0, 1].includes(request.acks)) return refused(index, kafkaError.INVALID_REQUIRED_ACKS)
  const log = logOf(context, topic, index)
  if (log === undefined) return refused(index, kafkaError.UNKNOWN_TOPIC_OR_PARTITION)
  if (records === null || records.length < batchOverhead)
    return refused(index, kafkaError.INVALID_RECORD, 'a produce request needs a record batch for each partition')
  const problem = batchProblem(records, { topic, partition: index }, call)
  if (problem !== undefined) return refused(index, ...problem)
  try {
    const result = log.append(records, context.broker.clock.now())
    return { index, ...result, ...(hidesLogStart.has(result.errorCode) && { logStartOffset: -1 }) }
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    return refused(index, kafkaError.KAFKA_STORAGE_ERROR, error.message)
  }
}

/** ProduceRequest.validateRecords, and whether the transaction is open. */
function batchProblem(
  records: Buffer,
  place: { readonly topic: string; readonly partition: number },
  { request, context }: Call,
): readonly [number, string?] | undefined {
  const batch = new BatchHeader(records, 0)
  // What is no batch, or cut off, the log refuses.
  if (batch.end < records.length) return [kafkaError.INVALID_RECORD, 'one record batch for each partition, not several']
  if (batch.compressionCode === compressionCode.zstd && context.apiVersion < zstdVersion)
    return [kafkaError.UNSUPPORTED_COMPRESSION_TYPE, `zstd needs Produce version ${zstdVersion}`]
  const { transactionalId } = request
  if (!batch.isTransactional) return undefined
  // What is not named nobody can be allowed to write to.
  if (transactionalId === null)
    return [kafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 'a transactional batch without a transactional id']
  const { producerEpoch } = batch
  const write = { transactionalId, producerId: Number(batch.producerId), producerEpoch, ...place }
  const errorCode = context.broker.transactions?.verifyPartition(write) ?? kafkaError.NONE
  return errorCode === kafkaError.NONE ? undefined : [errorCode]
}

function refused(index: number, errorCode: number, errorMessage: string | null = null): PartitionResponse {
  return { index, errorCode, baseOffset: -1, errorMessage, recordErrors: [] }
}

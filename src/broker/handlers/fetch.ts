/* Fetch without sessions (KIP-227 lets a broker always answer with session 0), and with long polls. */
import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { leaderEpochError, logOf, type LogContext } from './log-context.ts'

type Request = RequestOf<'Fetch'>
type Wanted = Request['topics'][number]['partitions'][number]
type Response = NewResponse<'Fetch'>
type Responses = Response['responses']
type PartitionResponse = Responses[number]['partitions'][number]

const nothing = Buffer.alloc(0)
const readCommitted = 1

/**
 * Answers at once when there are `minBytes`, an error, or nothing was asked for; otherwise when there are, when `maxWaitMs`
 * have passed, or when the connection is gone.
 */
export async function fetch(request: Request, context: LogContext): Promise<Response> {
  if (request.sessionId !== 0) return { errorCode: kafkaError.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0, responses: [] }
  const responses = await new FetchPoll(request, context).answer()
  return { errorCode: kafkaError.NONE, sessionId: 0, responses }
}

class FetchPoll {
  readonly #request: Request
  readonly #context: LogContext

  constructor(request: Request, context: LogContext) {
    this.#request = request
    this.#context = context
  }

  answer(): Responses | Promise<Responses> {
    const responses = this.#read()
    const missing = this.#missingBytes(responses)
    return missing > 0 ? this.#wait(missing) : responses
  }

  /** Bytes for which it is worth waiting. */
  #missingBytes(responses: Responses): number {
    const { maxWaitMs, minBytes, topics } = this.#request
    if (maxWaitMs <= 0 || topics.length === 0) return 0
    const partitions = responses.flatMap((topic) => topic.partitions)
    if (partitions.some(({ errorCode }) => errorCode !== kafkaError.NONE)) return 0
    return minBytes - partitions.reduce((sum, { records }) => sum + records!.length, 0)
  }

  #wait(missing: number): Promise<Responses> {
    const { broker, signal } = this.#context
    const logs = this.#logs()
    const enough = sizeOf(logs) + missing
    const epochs = logs.map(({ leaderEpoch }) => leaderEpoch)
    const hasMoved = (): boolean => logs.some(({ isClosed, leaderEpoch }, i) => isClosed || leaderEpoch !== epochs[i])
    return new Promise((resolve) => {
      const check = (): void => {
        // Reading is what costs. What committed readers see grows by more than what is appended: with the end of a transaction.
        const mayBeDone = this.#isCommitted || sizeOf(logs) >= enough || hasMoved()
        if (!mayBeDone) return
        const responses = this.#read()
        if (this.#missingBytes(responses) <= 0) end(responses)
      }
      const stops = logs.map((log) => log.onChange(check))
      const giveUp = (): void => end(this.#read())
      const timer = broker.clock.setTimer(this.#request.maxWaitMs, giveUp)
      const end = (responses: Responses): void => {
        for (const stop of stops) stop()
        timer.cancel()
        signal.removeEventListener('abort', giveUp)
        resolve(responses)
      }
      signal.addEventListener('abort', giveUp)
      if (signal.aborted) giveUp()
    })
  }

  get #isCommitted(): boolean {
    return this.#request.isolationLevel === readCommitted
  }

  #logs(): PartitionLog[] {
    return this.#request.topics.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition }) => logOf(this.#context, topic, partition) ?? []),
    )
  }

  #read(): Responses {
    const budget = new Budget(this.#request.maxBytes)
    return this.#request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((wanted) => this.#readPartition(topic, wanted, budget)),
    }))
  }

  #readPartition(topic: string, wanted: Wanted, budget: Budget): PartitionResponse {
    const partitionIndex = wanted.partition
    const log = logOf(this.#context, topic, wanted.partition)
    if (log === undefined) return failed(partitionIndex, kafkaError.UNKNOWN_TOPIC_OR_PARTITION)
    const epochError = leaderEpochError(log, wanted.currentLeaderEpoch)
    if (epochError !== kafkaError.NONE) return failed(partitionIndex, epochError)
    const parted = divergence(log, wanted)
    if (parted !== undefined) return { ...failed(partitionIndex, kafkaError.NONE), ...parted }
    const maxBytes = budget.limit(wanted.partitionMaxBytes)
    const committed = this.#isCommitted
    const read = log.read({ offset: wanted.fetchOffset, maxBytes, committed })
    if (read.errorCode !== kafkaError.NONE) return failed(partitionIndex, read.errorCode)
    const records = budget.take(read.records, maxBytes)
    const { highWatermark, lastStableOffset, logStartOffset } = read
    const aborted = read.aborted?.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })) ?? null
    const abortedTransactions = records.length === 0 && committed ? [] : aborted
    return {
      partitionIndex,
      errorCode: kafkaError.NONE,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      abortedTransactions,
      records,
    }
  }
}

/**
 * Where the log and what a client has read part, when it says of which epoch that was (KIP-595): the log was cut off, and
 * written anew, behind a point that the client is past. An epoch that has not been is out of range (Partition.readRecords).
 */
function divergence(
  log: PartitionLog,
  { lastFetchedEpoch, fetchOffset }: Wanted,
): Partial<PartitionResponse> | undefined {
  if (lastFetchedEpoch < 0) return undefined
  const end = log.endOffsetForEpoch(lastFetchedEpoch)
  if (end === undefined || fetchOffset < log.logStartOffset) return { errorCode: kafkaError.OFFSET_OUT_OF_RANGE }
  if (end.epoch === lastFetchedEpoch && end.endOffset >= fetchOffset) return undefined
  const { endOffset: highWatermark, lastStableOffset, logStartOffset } = log
  const divergingEpoch = { epoch: end.epoch, endOffset: end.endOffset }
  return { divergingEpoch, highWatermark, lastStableOffset, logStartOffset }
}

function sizeOf(logs: readonly PartitionLog[]): number {
  return logs.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0)
}

/** A response may be larger than what was asked for by its first batch only (KIP-74). */
class Budget {
  #left: number
  #isFirst = true

  constructor(bytes: number) {
    this.#left = bytes
  }

  limit(partitionMaxBytes: number): number {
    return Math.max(0, Math.min(partitionMaxBytes, this.#left))
  }

  take(records: Buffer, maxBytes: number): Buffer {
    const taken = records.length <= maxBytes || this.#isFirst ? records : nothing
    if (taken.length > 0) this.#isFirst = false
    this.#left -= taken.length
    return taken
  }
}

/** Of a partition that is not there Kafka says that no transactions were aborted in it, of others nothing. */
function failed(partitionIndex: number, errorCode: number): PartitionResponse {
  const abortedTransactions = errorCode === kafkaError.UNKNOWN_TOPIC_OR_PARTITION ? [] : null
  return { partitionIndex, errorCode, highWatermark: -1, abortedTransactions, records: nothing }
}

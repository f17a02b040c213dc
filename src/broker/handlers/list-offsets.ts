import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { leaderEpochError, logOf, type LogContext } from './log-context.ts'

type Request = RequestOf<'ListOffsets'>
type Wanted = Request['topics'][number]['partitions'][number]
type PartitionResponse = NewResponse<'ListOffsets'>['topics'][number]['partitions'][number]

const latest = -1
const earliest = -2
const maxTimestamp = -3
/** The first version that knows the record with the largest timestamp (KIP-734). */
const maxTimestampVersion = 7
/** The first version that says who led when the record was written (KIP-320). */
const leaderEpochVersion = 4
const readCommitted = 1

export function listOffsets(request: Request, context: LogContext): NewResponse<'ListOffsets'> {
  return {
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((wanted) =>
        offsetOf(logOf(context, name, wanted.partitionIndex), wanted, {
          committed: request.isolationLevel === readCommitted,
          apiVersion: context.apiVersion,
        }),
      ),
    })),
  }
}

interface Asked {
  readonly committed: boolean
  readonly apiVersion: number
}

function offsetOf(log: PartitionLog | undefined, wanted: Wanted, asked: Asked): PartitionResponse {
  const { partitionIndex, currentLeaderEpoch, timestamp } = wanted
  const failed = (errorCode: number): PartitionResponse => ({ partitionIndex, errorCode })
  if (timestamp < maxTimestamp || (timestamp === maxTimestamp && asked.apiVersion < maxTimestampVersion))
    return failed(kafkaError.UNSUPPORTED_VERSION)
  if (log === undefined) return failed(kafkaError.UNKNOWN_TOPIC_OR_PARTITION)
  const epochError = leaderEpochError(log, currentLeaderEpoch)
  if (epochError !== kafkaError.NONE) return failed(epochError)
  const found = lookUp(log, timestamp, asked.committed)
  if (asked.apiVersion >= leaderEpochVersion) return { partitionIndex, errorCode: kafkaError.NONE, ...found }
  const { leaderEpoch: _, ...sayable } = found
  return { partitionIndex, errorCode: kafkaError.NONE, ...sayable }
}

/** Nothing where there is no such record, or where a reader of this isolation would not see it yet. */
function lookUp(
  log: PartitionLog,
  timestamp: number,
  committed: boolean,
): { readonly timestamp?: number; readonly offset?: number; readonly leaderEpoch?: number } {
  const end = committed ? log.lastStableOffset : log.endOffset
  const { leaderEpoch } = log
  if (timestamp === latest) return { offset: end, leaderEpoch }
  if (timestamp === earliest) return { offset: log.logStartOffset, leaderEpoch }
  const found = timestamp === maxTimestamp ? log.maxTimestampOffset() : log.offsetForTime(timestamp)
  return found !== undefined && found.offset < end ? found : {}
}

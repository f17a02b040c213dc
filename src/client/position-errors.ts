/* The log of a partition is not, or no longer, the one that was read. */
import { BrokerError } from '../core/errors.ts'
import type { EpochEnd } from './leader-epochs.ts'
import type { OffsetOf } from './list-offsets.ts'

/** The first offset of a log, and the one after the last. */
export interface LogBounds {
  readonly low: number
  readonly high: number
}

const policies = "or set the policy 'earliest' or 'latest'"

/** The leader has refused the position; `epoch`: of the batch before it, -1 when it is not known. */
export function refusedPosition(position: OffsetOf, epoch: number, { low, high }: LogBounds): BrokerError {
  const { topic, partition, offset } = position
  if (epoch >= 0 && offset >= low && offset <= high) return unknownEpoch(position, epoch)
  const message =
    `offset ${offset} of ${topic}-${partition} is outside the log, which holds [${low}, ${high}): records were deleted or the ` +
    `topic was made anew. Reset the group's offset and the state that came from it, ${policies}`
  return new BrokerError('MILLRACE_OFFSET_OUT_OF_RANGE', message, { topic, partition, offset, retriable: false })
}

/** As Kafka's LogTruncationException without a divergent offset. */
function unknownEpoch(position: OffsetOf, epoch: number): BrokerError {
  const why =
    `its leader does not know the epoch ${epoch} under which that was written, so the log was cut off or the topic was made anew. ` +
    `Reset the group's offset and the state that came from it, ${policies}`
  return anotherLog(position, why)
}

export interface Truncation extends EpochEnd {
  /** From there on, if not before, the log is another one than what was read. */
  readonly parting: number
  readonly remedy?: string
}

/** As Kafka's LogTruncationException; `epoch`: of the batch before the position. */
export function truncatedLog(position: OffsetOf, epoch: number, truncation: Truncation): BrokerError {
  const { parting, endOffset } = truncation
  const reset = `Reset the group's offset to ${parting} and the state that came from it, ${policies}`
  const { remedy = reset } = truncation
  const why =
    `from offset ${parting} on it was written under leader epoch ${epoch} and is gone, as after an unclean leader election, for ` +
    `epoch ${truncation.epoch} of the log ends at offset ${endOffset}. ${remedy}`
  return anotherLog(position, why)
}

/** Of a log that is read to an end that it had. */
export function endLost({ topic, partition, offset }: OffsetOf, end: number, high: number): BrokerError {
  const message =
    `${topic}-${partition} ended at offset ${end} when it was to be read, and ends at ${high} now: what was between them is gone, as after ` +
    `an unclean leader election. Start the app again: it restores what the log holds now`
  return new BrokerError('MILLRACE_LOG_TRUNCATED', message, { topic, partition, offset, retriable: false })
}

function anotherLog({ topic, partition, offset }: OffsetOf, why: string): BrokerError {
  const message = `${topic}-${partition} was read up to offset ${offset}, and is not the same log any more: ${why}`
  return new BrokerError('MILLRACE_LOG_TRUNCATED', message, { topic, partition, offset, retriable: false })
}

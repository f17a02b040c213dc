import { noStreamTime } from './operator.ts'

/**
 * What both sides of one stream-stream join know of time within a task (Kafka Streams:
 * KStreamImplJoin.TimeTracker).
 */
export class StreamJoinTime {
  /** The largest timestamp that either side has seen. */
  streamTime: number = noStreamTime
  /** No unmatched record is known to wait with a smaller timestamp; null: nothing is known, look into the store. */
  unmatchedSince: number | null = null

  advance(timestamp: number): void {
    if (timestamp > this.streamTime) this.streamTime = timestamp
  }

  addUnmatched(timestamp: number): void {
    if (this.unmatchedSince === null || timestamp < this.unmatchedSince) this.unmatchedSince = timestamp
  }
}

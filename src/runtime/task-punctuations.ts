import type { Clock } from '../core/clock.ts'
import { elapsed } from '../operators/operator.ts'
import type { ProcessorServices } from '../operators/process.ts'
import type { Cancellable } from '../topology/processor.ts'
import { PunctuationQueue, type Punctuation } from './punctuation-queue.ts'

type Call = (punctuation: Punctuation, time: number) => void

/** Both times of a task and what is scheduled on them. */
export class TaskPunctuations implements ProcessorServices {
  readonly #clock: Pick<Clock, 'now'>
  readonly #byStreamTime = new PunctuationQueue()
  readonly #byWallClock = new PunctuationQueue()
  /** Over all partitions of the task; -1 before the first record. */
  streamTimeMs = -1
  commitRequested = false

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** False when time stands. */
  advance(timestamp: number): boolean {
    if (timestamp <= this.streamTimeMs) return false
    this.streamTimeMs = timestamp
    return true
  }

  /** @param latestTimestamp where to go on from when no record has come since a restart */
  elapse(ms: number, latestTimestamp: number): void {
    this.streamTimeMs = elapsed(this.streamTimeMs, latestTimestamp, ms)
  }

  get systemTimeMs(): number {
    return this.#clock.now()
  }

  requestCommit(): void {
    this.commitRequested = true
  }

  schedule({ nodeName, intervalMs, type, run }: Parameters<ProcessorServices['schedule']>[0]): Cancellable {
    if (type === 'stream-time') return this.#byStreamTime.add({ nodeName, intervalMs, run, time: 0 })
    return this.#byWallClock.add({ nodeName, intervalMs, run, time: this.#clock.now() + intervalMs })
  }

  get nextWallClockMs(): number | undefined {
    return this.#byWallClock.nextTime
  }

  runStreamTime(call: Call): void {
    const { streamTimeMs } = this
    if ((this.#byStreamTime.nextTime ?? Infinity) > streamTimeMs) return
    this.#byStreamTime.run(streamTimeMs, (punctuation) => call(punctuation, streamTimeMs))
  }

  runWallClock(nowMs: number, call: Call): boolean {
    return this.#byWallClock.run(nowMs, (punctuation) => call(punctuation, nowMs))
  }
}

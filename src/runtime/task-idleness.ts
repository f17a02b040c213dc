import type { TopicPartition } from '../core/topic-partition.ts'
import type { FetchProgress } from './readiness.ts'

/** What the consumer knows, and since when (port, C8 and C11). */
export interface IdleProgress extends FetchProgress {
  fetchedAtMs(partition: TopicPartition): number | undefined
}

interface WaitingTask {
  readonly inputs: readonly TopicPartition[]
  readonly bufferedTotal: number
  readonly inFlight: { readonly isEmpty: boolean }
  readonly heldUntilMs: number | undefined
}

/**
 * For how long a task has been without input (ADR 0017). It is when nothing waits in it and the broker has said that it holds no
 * more, for each of its inputs; and it has been, from then until the broker last said so: while no broker answers, no time
 * passes. Any record, also one that is left out, starts it anew.
 */
export class TaskIdleness {
  readonly #task: WaitingTask
  readonly #progress: IdleProgress
  readonly #idleAfterMs: number
  #since: number | undefined
  /** Of the time since then. */
  #spentMs = 0
  /** Input positions, when it was last seen idle. */
  #positions: readonly (number | undefined)[] = []

  constructor(task: WaitingTask, progress: IdleProgress, idleAfterMs: number) {
    this.#task = task
    this.#progress = progress
    this.#idleAfterMs = idleAfterMs
  }

  /** Nothing is there to be processed, as far as is known, nor in flight, nor held: what is held may be the result of a call. */
  get isQuiet(): boolean {
    const { bufferedTotal, inFlight, heldUntilMs } = this.#task
    if (heldUntilMs !== undefined) return false
    return bufferedTotal === 0 && inFlight.isEmpty && this.#task.inputs.every((input) => this.#isEmpty(input))
  }

  /** Looks whether it is idle, and since when. To be called after each turn. */
  observe(nowMs: number): void {
    const positions = this.#task.inputs.map((input) => this.#progress.position(input))
    const isSame = positions.every((position, at) => position === this.#positions[at])
    this.#positions = positions
    if (this.#since !== undefined && isSame && this.isQuiet) return
    this.#since = this.isQuiet ? nowMs : undefined
    this.#spentMs = 0
  }

  /** Starts anew: it could not have processed anything. */
  interrupt(): void {
    this.#since = undefined
  }

  /** Milliseconds, whole ones, by which its stream time may move on: those since `take` was last called. 0 while it is not idle. */
  take(): number {
    if (this.#since === undefined) return 0
    const passedMs = Math.floor(this.#confirmedAtMs() - this.#since)
    if (passedMs < this.#idleAfterMs) return 0
    const ms = passedMs - this.#spentMs
    this.#spentMs = passedMs
    return ms
  }

  /** When it becomes idle, if nothing comes; undefined when it has input, or is idle already. */
  get nextDeadlineMs(): number | undefined {
    return this.#since === undefined || this.#spentMs > 0 ? undefined : this.#since + this.#idleAfterMs
  }

  #confirmedAtMs(): number {
    return Math.min(...this.#task.inputs.map((input) => this.#progress.fetchedAtMs(input) ?? -Infinity))
  }

  #isEmpty(input: TopicPartition): boolean {
    const end = this.#progress.highWatermark(input)
    const position = this.#progress.position(input)
    return end !== undefined && position !== undefined && position >= end
  }
}

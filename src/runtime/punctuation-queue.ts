import { Heap } from '../core/heap.ts'
import type { Cancellable, Punctuator } from '../topology/processor.ts'

/** A callback that comes again and again. */
export interface Punctuation extends Cancellable {
  readonly nodeName: string
  readonly intervalMs: number
  readonly run: Punctuator
  /** When it is due next. */
  time: number
  cancelled: boolean
}

/** A task's punctuations on one of the two times (Kafka Streams: PunctuationQueue, PunctuationSchedule). */
export class PunctuationQueue {
  readonly #due = new Heap<Punctuation>((a, b) => a.time - b.time)

  /** When the next one is due; undefined when there is none. */
  get nextTime(): number | undefined {
    return this.#due.first?.time
  }

  add(punctuation: Pick<Punctuation, 'nodeName' | 'intervalMs' | 'run' | 'time'>): Cancellable {
    const added: Punctuation = {
      ...punctuation,
      cancelled: false,
      cancel() {
        added.cancelled = true
      },
    }
    this.#due.push(added)
    return added
  }

  /** Runs each one that is due at `now`, once, however often it was missed; also those that are added meanwhile. */
  run(now: number, call: (punctuation: Punctuation) => void): boolean {
    let hasRun = false
    for (let due = this.#due.first; due !== undefined && due.time <= now; due = this.#due.first) {
      this.#due.pop()
      if (due.cancelled) continue
      call(due)
      hasRun = true
      if (due.cancelled) continue
      due.time += (Math.floor((now - due.time) / due.intervalMs) + 1) * due.intervalMs
      this.#due.push(due)
    }
    return hasRun
  }
}

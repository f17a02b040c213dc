import type { Timer } from '../core/clock.ts'
import type { AsyncLane, AsyncWork, HeldRecord, LaneOptions } from '../operators/async-lane.ts'
import type { StreamRecord } from '../core/stream-record.ts'
import { AsyncCall, type AsyncCallOptions, type CallOutcome } from './async-call.ts'
import type { InputOrigin } from './input-origin.ts'
import { workOrder, type WorkOrder } from './work-order.ts'

/** What a lane needs of its task. */
export interface LaneHost extends Pick<AsyncCallOptions, 'clock'> {
  hold(): InputOrigin | undefined
  release(origin: InputOrigin | undefined): void
  /** Runs `action` later, in the task's turn. */
  inTurn(action: () => void): void
  /** A call has nothing to do until the wall clock moves. */
  rested(): void
  /** Runs `action` as what a node does with a record: what it throws is decided like any failure. */
  as(step: AsyncStep, action: () => void): void
}

/** What a call's result is to its task. */
export interface AsyncStep {
  readonly nodeName: string
  readonly origin: InputOrigin | undefined
  /** How often the call was made. */
  readonly tries: number
}

interface Held extends HeldRecord {
  readonly origin: InputOrigin | undefined
}

interface Entry {
  readonly work: AsyncWork
  call?: AsyncCall
  outcome?: CallOutcome
}

/** The calls of one operator in one task. */
export class AsyncWorkLane implements AsyncLane {
  readonly #options: LaneOptions
  readonly #host: LaneHost
  readonly #order: WorkOrder<Entry>
  readonly #running = new Set<Entry>()
  #size = 0

  constructor(options: LaneOptions, host: LaneHost) {
    this.#options = options
    this.#host = host
    this.#order = workOrder(options.order)
  }

  get hasRoom(): boolean {
    return this.#size < this.#options.workMax
  }

  /** Nothing but the wall clock can move its calls. */
  get isResting(): boolean {
    return [...this.#running].every(({ call }) => call!.resting)
  }

  hold(record: StreamRecord): Held {
    return { record, origin: this.#host.hold() }
  }

  submit<T>(work: AsyncWork<T>): void {
    this.#size += 1
    this.#order.add({ work: work as AsyncWork }, work.key)
    this.#startNext()
  }

  later(delayMs: number, action: () => void): Timer {
    return this.#host.clock.setTimer(delayMs, () => this.#host.inTurn(action))
  }

  idle(draining: boolean): void {
    this.#options.onIdle?.(draining)
  }

  abort(reason: Error): void {
    for (const { call } of this.#running) call!.abort(reason)
  }

  #startNext(): void {
    while (this.#running.size < this.#options.concurrency) {
      const entry = this.#order.next()
      if (entry === undefined) return
      this.#start(entry)
    }
  }

  #start(entry: Entry): void {
    const { work } = entry
    this.#running.add(entry)
    entry.call = new AsyncCall({
      ...this.#options,
      clock: this.#host.clock,
      call: (attempt) => work.call(attempt),
      check: (result) => work.check?.(result),
      onRest: () => this.#host.rested(),
      onEnd: (outcome) => {
        entry.outcome = outcome
        this.#host.inTurn(() => this.#ended(entry))
      },
    })
  }

  #ended(entry: Entry): void {
    this.#running.delete(entry)
    for (const each of this.#order.ended(entry)) {
      this.#emit(each)
      this.#size -= 1
      this.#order.out(each)
    }
    this.#startNext()
  }

  #emit({ work, outcome }: Entry): void {
    const { nodeName } = this.#options
    for (const [index, held] of work.held.entries()) {
      const { origin } = held as Held
      this.#host.as({ nodeName, origin, tries: outcome!.attempts }, () => {
        if ('error' in outcome!) throw outcome.error
        work.emit(outcome!.result, index)
      })
      this.#host.release(origin)
    }
  }
}

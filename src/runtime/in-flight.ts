import type { Clock } from '../core/clock.ts'
import type { AsyncLane, AsyncServices, LaneOptions } from '../operators/async-lane.ts'
import { AsyncWorkLane, type LaneHost } from './async-work-lane.ts'
import { InputOrigins, type CurrentInput, type InputOrigin } from './input-origin.ts'

export interface InFlightOptions extends Pick<LaneHost, 'as'> {
  readonly clock: Pick<Clock, 'setTimer'>
  /** The input that is being processed. */
  readonly current: () => CurrentInput | undefined
  /** False while a record is held: results wait behind it. */
  readonly mayDeliver: () => boolean
  /** There is something to deliver; called at any moment. */
  readonly onReady: () => void
  /** What these nodes send into flight may be gone from a store, which only a commit without anything in flight may show. */
  readonly belowState: ReadonlySet<string>
}

/**
 * What a task has in flight (docs/adr/0012). Promises and timers only leave a note here, from any moment; the notes are read, and
 * results forwarded, when the thread gives the task its turn: `deliver`.
 */
export class InFlight implements AsyncServices, LaneHost {
  readonly clock: Pick<Clock, 'setTimer'>
  readonly as: LaneHost['as']
  readonly #options: InFlightOptions
  readonly #lanes: AsyncWorkLane[] = []
  readonly #origins = new InputOrigins()
  readonly #notes: (() => void)[] = []
  #commitsWhenEmpty = false
  #count = 0
  #settling = false

  constructor(options: InFlightOptions) {
    this.#options = options
    this.clock = options.clock
    this.as = options.as
  }

  lane(options: LaneOptions): AsyncLane {
    const lane = new AsyncWorkLane(options, this)
    this.#lanes.push(lane)
    this.#commitsWhenEmpty ||= this.#options.belowState.has(options.nodeName)
    return lane
  }

  /** The task may take another record. */
  get hasRoom(): boolean {
    if (this.#lanes.length === 0) return true
    return !this.#settling && this.#lanes.every((lane) => lane.hasRoom)
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Nothing will happen before the wall clock moves. */
  get isResting(): boolean {
    return this.#notes.length === 0 && this.#lanes.every((lane) => lane.isResting)
  }

  /** No record is held any more: what waited behind it may be delivered. */
  resume(): void {
    if (this.#notes.length > 0) this.#options.onReady()
  }

  /** Forwards all results that are there, and what they set free. False when there was nothing. */
  deliver(): boolean {
    const { mayDeliver } = this.#options
    if (this.#notes.length === 0 || !mayDeliver()) return false
    while (this.#notes.length > 0 && mayDeliver()) this.#notes.shift()!()
    return true
  }

  /** The thread has done what it could for now; `hasRest`: it has not, and comes back for the rest. */
  turnEnded(hasRest: boolean): void {
    if (this.#settling || !hasRest) this.#idle(this.#settling)
  }

  /** Nothing may wait for company any more. */
  drain(): void {
    this.#idle(true)
  }

  /** The lowest offset of the topic that is not done with; undefined when everything is. */
  lowestOffset(topic: string): number | undefined {
    return this.#origins.lowest(topic)
  }

  /**
   * The task may be committed as it is. Where something in flight came out of a store, it may not, since the store would be
   * committed without it: the task then takes no more records until nothing is in flight, and asks for its commit.
   */
  mayCommit(): boolean {
    this.#settling = this.#commitsWhenEmpty && !this.isEmpty
    return !this.#settling
  }

  /** `mayCommit` said no, and now would say yes. */
  get commitRequested(): boolean {
    return this.#settling && this.isEmpty
  }

  /** Lets go of everything: nothing is forwarded from here on. */
  abort(reason: Error): void {
    this.#notes.length = 0
    for (const lane of this.#lanes) lane.abort(reason)
  }

  hold(): InputOrigin | undefined {
    this.#count += 1
    const current = this.#options.current()
    return current === undefined ? undefined : this.#origins.hold(current)
  }

  release(origin: InputOrigin | undefined): void {
    this.#count -= 1
    if (origin !== undefined) this.#origins.release(origin)
  }

  inTurn(action: () => void): void {
    this.#notes.push(action)
    this.#options.onReady()
  }

  rested(): void {
    this.#options.onReady()
  }

  #idle(draining: boolean): void {
    for (const lane of this.#lanes) lane.idle(draining)
  }
}

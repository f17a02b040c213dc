import type { StreamRecord } from '../core/stream-record.ts'
import type { CurrentInput } from './input-origin.ts'
import type { NodeRunner } from './node-runner.ts'
import type { RunTrace, TracePosition } from './run-trace.ts'

/** A node with the record that it is, or was, given. */
export interface NodeCall {
  readonly node: NodeRunner
  readonly record: StreamRecord
  /** How often it was tried, this time included. */
  readonly tries: number
}

interface WaitingCall extends NodeCall {
  readonly input: CurrentInput | undefined
  readonly position: TracePosition | undefined
}

/**
 * The way of one input record through the nodes of its task. It may be held: a node failed and is to be tried again later. The nodes
 * that run at that moment end; what they forward meanwhile waits behind the failed call, in the order in which it comes. As
 * that is the order in which it would have been processed, the record is processed in the same order with a retry as
 * without. Or it is stopped: what is left of it is not processed.
 */
export class RecordRun {
  /** Null where no operator parks: then nobody needs to know where a record failed. */
  readonly trace: RunTrace | null
  /** Nodes are to hand over their records (`defer`), not to process them. */
  closed = false
  /** Where the record in hand came from; undefined where time alone makes nodes run. */
  input: CurrentInput | undefined
  #stopped = false
  #waiting: WaitingCall[] = []
  #heldMs = 0
  #dueMs = 0

  constructor(trace: RunTrace | null) {
    this.trace = trace
  }

  /** The record is done, in one way or another. */
  end(): void {
    this.closed = false
    this.#stopped = false
    this.input = undefined
    this.trace?.start([])
  }

  get held(): boolean {
    return this.#waiting.length > 0
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** Of the record that is tried again next. */
  get heldTimestamp(): number {
    return this.#waiting[0]!.record.timestamp
  }

  /** When a held record is due, in wall-clock time. */
  get dueMs(): number {
    return this.#dueMs
  }

  /** A wall clock may be set back: a wait that has begun in the future is over. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs || nowMs < this.#heldMs
  }

  hold(call: NodeCall, nowMs: number, delayMs: number): void {
    this.closed = true
    this.#heldMs = nowMs
    this.#dueMs = nowMs + delayMs
    this.#wait({ ...call, tries: call.tries + 1 })
  }

  stop(): void {
    this.closed = true
    this.#stopped = true
    this.#waiting = []
  }

  defer(node: NodeRunner, record: StreamRecord): void {
    if (!this.#stopped) this.#wait({ node, record, tries: 1 })
  }

  /** Tries the failed call again, then what waits behind it; may be held again, or stopped. */
  resume(): void {
    const calls = this.#waiting
    this.#waiting = []
    this.closed = false
    for (const [index, { node, record, tries, position, input }] of calls.entries()) {
      this.input = input
      if (position !== undefined) this.trace!.goTo(position)
      node.attempt(record, tries)
      if (!this.closed) continue
      if (!this.#stopped) this.#waiting.push(...calls.slice(index + 1))
      return
    }
  }

  #wait(call: NodeCall): void {
    this.#waiting.push({ ...call, input: this.input, position: this.trace?.position() })
  }
}

import { streamRecord, type RecordMetadata, type StreamRecord } from '../core/stream-record.ts'
import type { TaskId } from '../core/task-id.ts'
import type { DropReason, Operator, OperatorContext } from '../operators/operator.ts'
import type { PlanNode } from '../planner/plan.ts'
import type { NodeErrorPolicy } from '../topology/error-policy.ts'
import type { NodeCall, RecordRun } from './record-run.ts'

/** What a node needs of its task. */
export interface NodeHost {
  readonly id: TaskId
  readonly run: RecordRun
  readonly metadata: RecordMetadata | undefined
  dropped(nodeName: string, reason: DropReason): void
  /** Returns when the record is to be left out at this node, or tried again later; throws when the app is to stop. */
  failed(thrown: unknown, call: NodeCall): void
}

/** Stands for the one that could be tried again where time alone made a node run. */
export const noRecord: StreamRecord = streamRecord(null, null, 0)

/** A record that waits until its operator is done, and for which child; -1: for all. */
type Forwarded = readonly [record: StreamRecord, child: number]

/** One plan node at run time: its operator, its children, and the boundary at which the operator's failures are decided. */
export class NodeRunner implements OperatorContext {
  readonly nodeName: string
  readonly taskId: TaskId
  readonly policy: NodeErrorPolicy | undefined
  readonly #operator: Operator
  readonly #host: NodeHost
  readonly #run: RecordRun
  readonly #children: NodeRunner[] = []
  readonly #holdsResults: boolean
  #results: Forwarded[] | null = null

  constructor(node: PlanNode, operator: Operator, host: NodeHost) {
    this.nodeName = node.name
    this.taskId = host.id
    this.policy = node.onError
    this.#operator = operator
    this.#host = host
    this.#run = host.run
    this.#holdsResults = runsAgain(node) && forwardsInBetween.has(node.operator.kind)
  }

  addChild(child: NodeRunner): void {
    this.#children.push(child)
  }

  init(): void {
    this.#operator.init(this)
  }

  start(): void {
    this.#operator.start?.()
  }

  close(): void {
    this.#operator.close?.()
  }

  get isHolding(): boolean {
    return this.#operator.isHolding === true
  }

  elapse(ms: number): void {
    try {
      this.#operator.elapse?.(ms)
    } catch (thrown) {
      this.#host.failed(thrown, { node: this, record: noRecord, tries: Infinity })
    }
  }

  expire(streamTimeMs: number): void {
    try {
      this.#operator.expire?.(streamTimeMs)
    } catch (thrown) {
      this.#host.failed(thrown, { node: this, record: noRecord, tries: Infinity })
    }
  }

  process(record: StreamRecord): void {
    if (this.#run.closed) this.#run.defer(this, record)
    else this.attempt(record, 1)
  }

  /** @param tries how often the record is tried, this time included */
  attempt(record: StreamRecord, tries: number): void {
    const { trace } = this.#run
    const depth = trace === null ? 0 : trace.depth
    trace?.enter()
    try {
      if (this.#holdsResults) this.#processWhole(record)
      else this.#operator.process(record)
    } catch (thrown) {
      trace?.leave(depth)
      this.#host.failed(thrown, { node: this, record, tries })
      return
    }
    trace?.leave(depth)
  }

  /** Results go on when the operator is done: one that fails after some of them would forward these again. */
  #processWhole(record: StreamRecord): void {
    const results: Forwarded[] = (this.#results = [])
    try {
      this.#operator.process(record)
    } finally {
      this.#results = null
    }
    for (const [result, child] of results) this.#forward(result, child)
  }

  forward(record: StreamRecord): void {
    if (this.#results !== null) this.#results.push([record, -1])
    else this.#forward(record, -1)
  }

  forwardTo(childIndex: number, record: StreamRecord): void {
    if (this.#results !== null) this.#results.push([record, childIndex])
    else this.#forward(record, childIndex)
  }

  #forward(record: StreamRecord, only: number): void {
    const children = this.#children
    if (this.#run.trace !== null) return this.#run.trace.forward(children, record, only)
    if (only !== -1) return children[only]!.process(record)
    for (let index = 0; index < children.length; index++) children[index]!.process(record)
  }

  get metadata(): RecordMetadata | undefined {
    return this.#host.metadata
  }

  drop(reason: DropReason): void {
    this.#host.dropped(this.nodeName, reason)
  }
}

/** These run a function of the user after they have forwarded something; all others ask it everything first. */
const forwardsInBetween: ReadonlySet<PlanNode['operator']['kind']> = new Set(['flat-map', 'flat-map-values', 'process'])

function runsAgain({ onError }: PlanNode): boolean {
  return onError !== undefined && (onError.retry !== null || onError.then === 'park')
}

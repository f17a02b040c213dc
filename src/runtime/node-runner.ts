import type { RecordMetadata, StreamRecord } from '../core/stream-record.ts'
import type { TaskId } from '../core/task-id.ts'
import type { DropReason, Operator, OperatorContext } from '../operators/operator.ts'

/** What a node needs of its task. */
export interface NodeHost {
  readonly id: TaskId
  readonly metadata: RecordMetadata | undefined
  dropped(nodeName: string, reason: DropReason): void
  /** Returns when the record is to be left out at this node; throws when the app is to stop. */
  failed(thrown: unknown, nodeName: string): void
}

/** One plan node at run time: its operator, its children, and the boundary at which the operator's failures are decided. */
export class NodeRunner implements OperatorContext {
  readonly nodeName: string
  readonly taskId: TaskId
  readonly #operator: Operator
  readonly #host: NodeHost
  readonly #children: NodeRunner[] = []

  constructor(nodeName: string, operator: Operator, host: NodeHost) {
    this.nodeName = nodeName
    this.taskId = host.id
    this.#operator = operator
    this.#host = host
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
      this.#host.failed(thrown, this.nodeName)
    }
  }

  expire(streamTimeMs: number): void {
    try {
      this.#operator.expire?.(streamTimeMs)
    } catch (thrown) {
      this.#host.failed(thrown, this.nodeName)
    }
  }

  process(record: StreamRecord): void {
    try {
      this.#operator.process(record)
    } catch (thrown) {
      this.#host.failed(thrown, this.nodeName)
    }
  }

  forward(record: StreamRecord): void {
    const children = this.#children
    for (let index = 0; index < children.length; index++) children[index]!.process(record)
  }

  forwardTo(childIndex: number, record: StreamRecord): void {
    this.#children[childIndex]!.process(record)
  }

  get metadata(): RecordMetadata | undefined {
    return this.#host.metadata
  }

  drop(reason: DropReason): void {
    this.#host.dropped(this.nodeName, reason)
  }
}

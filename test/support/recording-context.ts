import { streamRecord, type Headers, type RecordMetadata, type StreamRecord } from '../../src/core/stream-record.ts'
import type { TaskId } from '../../src/core/task-id.ts'
import type { DropReason, Operator, OperatorContext } from '../../src/operators/operator.ts'

/** Stands below and around one operator under test: keeps what it forwards and what it drops. */
export class RecordingContext implements OperatorContext {
  readonly taskId: TaskId = { subtopology: 0, partition: 0 }
  readonly nodeName = 'under-test'
  metadata: RecordMetadata | undefined = { topic: 'input', partition: 0, offset: 0 }
  /** What went to all children, in order. */
  readonly forwarded: StreamRecord[] = []
  /** What went to one child only, in order. */
  readonly forwardedTo: { readonly childIndex: number; readonly record: StreamRecord }[] = []
  readonly dropped: DropReason[] = []
  /** Runs in place of the operators below, while the operator under test forwards. */
  onForward: ((record: StreamRecord) => void) | undefined

  forward(record: StreamRecord): void {
    this.forwarded.push(record)
    this.onForward?.(record)
  }

  forwardTo(childIndex: number, record: StreamRecord): void {
    this.forwardedTo.push({ childIndex, record })
  }

  drop(reason: DropReason): void {
    this.dropped.push(reason)
  }

  /** Forwarded since the last call, as `[key, value, timestamp]`. */
  take(): (readonly [key: unknown, value: unknown, timestamp: number])[] {
    return this.forwarded.splice(0).map(({ key, value, timestamp }) => [key, value, timestamp] as const)
  }
}

/**
 * Initializes the operator on a new context and gives a function that feeds it one record and returns what came
 * out.
 */
export function recorded(operator: Operator): {
  readonly context: RecordingContext
  send(key: unknown, value: unknown, timestamp: number, headers?: Headers): ReturnType<RecordingContext['take']>
} {
  const context = new RecordingContext()
  operator.init(context)
  return {
    context,
    send(key, value, timestamp, headers) {
      operator.process(streamRecord(key, value, timestamp, headers))
      return context.take()
    },
  }
}

import { MillraceError, ProcessingError, ProductionError, SerializationError } from '../core/errors.ts'
import { StepError } from '../operators/step-error.ts'
import { errorChannel } from '../telemetry/channels.ts'
import type { ErrorStage, TaskMetrics } from '../telemetry/task-metrics.ts'
import { deadLetter } from './dead-letter.ts'
import type { ErrorAnswer, ErrorHandlers, FailedRecord } from './error-handlers.ts'
import type { RecordCollector } from './record-collector.ts'
import type { RawRecord } from './record-queue.ts'

export interface ErrorDeskOptions {
  readonly taskId: string
  readonly handlers: ErrorHandlers
  readonly deadLetterTopic: string | null
  readonly collector: RecordCollector
  readonly metrics: TaskMetrics
}

/** Where the failures of a task's records are decided: asks the user's handler, counts, announces, writes dead letters. */
export class ErrorDesk {
  readonly #options: ErrorDeskOptions

  constructor(options: ErrorDeskOptions) {
    this.#options = options
  }

  /** Returns when the record is to be left out. @throws the error when the answer is `fail` */
  decodeFailed(error: SerializationError, raw: RawRecord): void {
    const record = this.#failed(raw, error.nodeName!)
    this.#decide('decode', error, { record, ask: () => this.#options.handlers.decode(error, record) })
  }

  /**
   * A node threw while it processed `raw`. Errors of Millrace itself pass: they were decided at a node below, or are not
   * about this record (state, invariants, fencing). Not so those of serdes, which the user's own functions may call too.
   */
  processFailed(thrown: unknown, nodeName: string, raw: RawRecord): void {
    const isSerdes = thrown instanceof SerializationError && thrown.taskId === undefined
    if (thrown instanceof MillraceError && !isSerdes) throw thrown
    // Only a sink says which node it is.
    if (isSerdes && thrown.nodeName !== undefined) return this.#encodeFailed(thrown, nodeName, raw)
    const record = this.#failed(raw, thrown instanceof StepError ? thrown.stepName : nodeName)
    const cause = thrown instanceof StepError ? thrown.cause : thrown
    const message = `${record.nodeName} failed on the record at ${where(record)}: ${reason(cause)}`
    const error = new ProcessingError(message, { ...place(record), cause })
    this.#decide('process', error, { record, ask: () => this.#options.handlers.process(error, record) })
  }

  /** A node threw where no record is processed, and there is nothing that a handler could leave out. @throws always */
  failedOutside(thrown: unknown, nodeName: string, doing: string): never {
    if (thrown instanceof MillraceError && !(thrown instanceof SerializationError && thrown.taskId === undefined))
      throw thrown
    const cause = thrown instanceof StepError ? thrown.cause : thrown
    const facts = { nodeName: thrown instanceof StepError ? thrown.stepName : nodeName, taskId: this.#options.taskId }
    throw new ProcessingError(`${facts.nodeName} failed in ${doing}: ${reason(cause)}`, { ...facts, cause })
  }

  #encodeFailed(cause: SerializationError, nodeName: string, raw: RawRecord): void {
    const record = this.#failed(raw, nodeName)
    const message = `${nodeName} could not write the result of ${where(record)}: ${cause.message}`
    const error = new SerializationError('encode', message, { ...place(record), cause })
    this.#decide('produce', error, { record, ask: () => this.#options.handlers.produce(error, record) })
  }

  #decide(stage: ErrorStage, error: MillraceError, question: Question): void {
    const { metrics, deadLetterTopic, taskId, collector } = this.#options
    const { record } = question
    const answer = answerTo(stage, error, question)
    metrics.countError(stage, answer)
    if (errorChannel.hasSubscribers) errorChannel.publish({ stage, answer, error, taskId })
    if (answer === 'fail') throw error
    if (answer !== 'dead-letter') return
    if (deadLetterTopic === null) {
      throw new ProductionError(
        `the ${stage} handler answered dead-letter, but no deadLetterTopic is configured: set it in the app's config`,
        { ...place(record), cause: error },
      )
    }
    collector.send(deadLetter(deadLetterTopic, record, error))
  }

  #failed(raw: RawRecord, nodeName: string): FailedRecord {
    return { ...raw, nodeName, taskId: this.#options.taskId }
  }
}

interface Question {
  readonly record: FailedRecord
  readonly ask: () => ErrorAnswer
}

const answers: ReadonlySet<unknown> = new Set<ErrorAnswer>(['fail', 'continue', 'dead-letter'])

/** What is no answer (a handler that threw, returned nothing, or a promise) must not pass for `continue`. */
function answerTo(stage: ErrorStage, error: MillraceError, { record, ask }: Question): ErrorAnswer {
  const facts = place(record)
  let answer: ErrorAnswer
  try {
    answer = ask()
  } catch (cause) {
    const message = `the ${stage} handler itself threw: ${reason(cause)}; it was asked about: ${error.message}`
    throw new ProcessingError(message, { ...facts, cause })
  }
  if (answers.has(answer)) return answer
  const message = `the ${stage} handler answered ${String(answer)}: 'fail', 'continue' or 'dead-letter' is expected`
  throw new ProcessingError(message, { ...facts, cause: error })
}

function place({
  topic,
  partition,
  offset,
  nodeName,
  taskId,
}: FailedRecord): Pick<FailedRecord, 'topic' | 'partition' | 'offset' | 'nodeName' | 'taskId'> {
  return { topic, partition, offset, nodeName, taskId }
}

function where({ topic, partition, offset }: FailedRecord): string {
  return `${topic}-${partition} offset ${offset}`
}

function reason(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
}

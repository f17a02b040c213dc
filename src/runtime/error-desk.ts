import { MillraceError, ProcessingError, ProductionError, SerializationError } from '../core/errors.ts'
import { StepError } from '../operators/step-error.ts'
import type { NodeErrorPolicy } from '../topology/error-policy.ts'
import { errorChannel } from '../telemetry/channels.ts'
import type { ErrorOutcome, ErrorStage, TaskMetrics } from '../telemetry/task-metrics.ts'
import { deadLetter, type Parking } from './dead-letter.ts'
import type { ErrorAnswer, ErrorHandlers, FailedRecord } from './error-handlers.ts'
import type { ParkMark } from './park-mark.ts'
import type { RecordCollector } from './record-collector.ts'
import type { RawRecord } from './record-queue.ts'
import { replayOf } from './replay.ts'
import type { ResumePath } from './run-trace.ts'

export interface ErrorDeskOptions {
  readonly applicationId: string
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

  /** A node threw while it processed `raw`. @throws the error when the answer is `fail`; what is decided already */
  processFailed(thrown: unknown, nodeName: string, failure: Failure): Decision {
    if (isDecided(thrown)) throw thrown
    const { raw } = failure
    const { handlers } = this.#options
    const record = this.#failed(raw, thrown instanceof StepError ? thrown.stepName : nodeName)
    // Only a sink says which node it is.
    if (thrown instanceof SerializationError && thrown.nodeName !== undefined) {
      const error = notWritten(thrown, record)
      return this.#decide('produce', error, { record, failure, ask: () => handlers.produce(error, record) })
    }
    const cause = thrown instanceof StepError ? thrown.cause : thrown
    const message = `${record.nodeName} failed on the record at ${where(record)}: ${reason(cause)}`
    const error = new ProcessingError(message, { ...place(record), cause })
    return this.#decide('process', error, { record, failure, ask: () => handlers.process(error, record) })
  }

  /** A node threw and is to be tried again. @throws what is decided already */
  retries(thrown: unknown): void {
    if (isDecided(thrown)) throw thrown
    const { metrics, taskId } = this.#options
    metrics.countError('process', 'retry')
    if (!errorChannel.hasSubscribers) return
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    errorChannel.publish({ stage: 'process', answer: 'retry', error, taskId })
  }

  /** A record of a parked key goes behind the others. */
  heldBack(raw: RawRecord, { node, next }: ParkMark): void {
    const record = this.#failed(raw, node)
    const message = `held back: ${node} failed on the record of the same key at ${record.topic}-${record.partition} offset ${next}`
    const error = new MillraceError('MILLRACE_KEY_PARKED', message, place(record))
    this.#send(record, error, {
      tries: 0,
      parking: { state: 'behind', path: replayOf(raw.headers)?.path ?? [] },
      decidedBy: `the key is parked by ${node}`,
    })
  }

  /** A node threw where no record is processed, and there is nothing that a handler could leave out. @throws always */
  failedOutside(thrown: unknown, nodeName: string, doing: string): never {
    if (isDecided(thrown)) throw thrown
    const cause = thrown instanceof StepError ? thrown.cause : thrown
    const facts = { nodeName: thrown instanceof StepError ? thrown.stepName : nodeName, taskId: this.#options.taskId }
    throw new ProcessingError(`${facts.nodeName} failed in ${doing}: ${reason(cause)}`, { ...facts, cause })
  }

  #decide(stage: ErrorStage, error: MillraceError, question: Question): Decision {
    const { metrics, taskId } = this.#options
    const { record, failure } = question
    const policy = failure?.policy
    const answer = policy === undefined ? answerTo(stage, error, question) : actionOf(policy, record)
    metrics.countError(stage, answer)
    if (errorChannel.hasSubscribers) errorChannel.publish({ stage, answer, error, taskId })
    if (answer === 'fail') throw error
    if (answer === 'continue') return answer
    const parking = { state: 'poisoned', path: failure?.path ?? [] } as const
    const decidedBy = policy === undefined ? `the ${stage} handler answered ${answer}` : `onError says ${answer}`
    this.#send(record, error, { decidedBy, tries: failure?.tries ?? 1, ...(answer === 'park' && { parking }) })
    return answer
  }

  #send(record: FailedRecord, cause: MillraceError, more: Letter): void {
    const { deadLetterTopic, collector, applicationId } = this.#options
    const { decidedBy, ...rest } = more
    if (deadLetterTopic !== null)
      return collector.send(deadLetter(deadLetterTopic, { ...record, applicationId, ...rest }, cause))
    const message = `${decidedBy}, but no deadLetterTopic is configured: set it in the app's config`
    throw new ProductionError(message, { ...place(record), cause })
  }

  #failed(raw: RawRecord, nodeName: string): FailedRecord {
    return { ...raw, nodeName, taskId: this.#options.taskId }
  }
}

/** What happens to a record that failed for good; `fail` throws. */
export type Decision = Exclude<ErrorOutcome, 'retry'>

interface Letter {
  readonly tries: number
  readonly parking?: Parking
  /** Begins the sentence that there is nowhere to send it to. */
  readonly decidedBy: string
}

/** What is known of a failure besides what was thrown. */
export interface Failure {
  readonly raw: RawRecord
  /** Of the node; undefined: the app decides. */
  readonly policy: NodeErrorPolicy | undefined
  readonly tries: number
  /** From the task's input to the node, as far as it is known. */
  readonly path: ResumePath
}

/**
 * Errors of Millrace itself were decided at a node below, or are not about the record (state, invariants, fencing). Not so those of
 * serdes, which the user's own functions may call too.
 */
function isDecided(thrown: unknown): thrown is MillraceError {
  if (!(thrown instanceof MillraceError)) return false
  return !(thrown instanceof SerializationError && thrown.taskId === undefined)
}

function notWritten(cause: SerializationError, record: FailedRecord): SerializationError {
  const message = `${record.nodeName} could not write the result of ${where(record)}: ${cause.message}`
  return new SerializationError('encode', message, { ...place(record), cause })
}

/** Without a key there is none that could be parked, and nothing that would have to wait. */
function actionOf({ then }: NodeErrorPolicy, { key }: FailedRecord): Decision {
  if (then === 'skip') return 'continue'
  return then === 'park' && key === null ? 'dead-letter' : then
}

interface Question {
  readonly record: FailedRecord
  /** Undefined for records that could not be read. */
  readonly failure?: Failure
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

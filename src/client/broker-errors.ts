import { BrokerError, MillraceError, type ErrorFacts } from '../core/errors.ts'
import { kafkaError, type KafkaErrorName } from '../protocol/kafka-error.ts'

const names: ReadonlyMap<number, KafkaErrorName> = new Map(
  (Object.keys(kafkaError) as KafkaErrorName[]).map((name) => [kafkaError[name], name]),
)

/** Those that Kafka's clients try again (subclasses of RetriableException in 4.1, and UNKNOWN_SERVER_ERROR). */
const retriableNames: ReadonlySet<KafkaErrorName> = new Set([
  'UNKNOWN_SERVER_ERROR',
  'CORRUPT_MESSAGE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'KAFKA_STORAGE_ERROR',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'LISTENER_NOT_FOUND',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'ELIGIBLE_LEADERS_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
  'THROTTLING_QUOTA_EXCEEDED',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'FETCH_SESSION_TOPIC_ID_ERROR',
])

/** The way to a broker failed: whether it got the request is not known. */
export class ConnectionError extends BrokerError {
  constructor(message: string, cause?: unknown) {
    super('MILLRACE_BROKER_UNREACHABLE', message, { retriable: true, cause })
  }
}

/** A broker answered with an error code. */
export class AnswerError extends BrokerError {
  readonly kafkaError: KafkaErrorName
  /** What the broker said, or the name of the error when it said nothing. */
  readonly answerText: string

  constructor(code: number, details: ErrorFacts & { readonly message?: string | null } = {}) {
    const name = names.get(code) ?? 'UNKNOWN_SERVER_ERROR'
    const { message, ...facts } = details
    const text = `${name} (${code})${message ? `: ${message}` : ''}`
    super('MILLRACE_BROKER_FAILED', `Kafka answered ${text}`, { ...facts, retriable: retriableNames.has(name) })
    this.kafkaError = name
    this.answerText = message ? message : text
  }
}

/** @throws AnswerError when the code is one of an error */
export function checkAnswer(code: number, message?: string | null): void {
  if (code !== kafkaError.NONE) throw new AnswerError(code, message == null ? {} : { message })
}

/** Kafka's name of the error, when a broker answered with one. */
export function kafkaErrorOf(error: unknown): KafkaErrorName | undefined {
  return error instanceof AnswerError ? error.kafkaError : undefined
}

export function isRetriable(error: unknown): boolean {
  return error instanceof BrokerError && error.retriable
}

/** What the port's users see of an error; it is kept as `cause`. One that says enough already passes unchanged. */
export function translateError(error: unknown, doing: string, addresses: readonly string[]): Error {
  if (error instanceof ConnectionError) return unreachableBroker(addresses, doing, error)
  if (error instanceof MillraceError && !(error instanceof AnswerError)) return error
  const why = error instanceof Error ? error.message : String(error)
  const { topic, partition } = (error ?? {}) as ErrorFacts
  const facts = { retriable: isRetriable(error), cause: error, topic, partition }
  return new BrokerError('MILLRACE_BROKER_FAILED', `could not ${doing}: ${why}`, facts)
}

export function unreachableBroker(addresses: readonly string[], doing: string, cause?: unknown): BrokerError {
  const why = cause instanceof Error ? ` (${cause.message})` : ''
  return new BrokerError(
    'MILLRACE_BROKER_UNREACHABLE',
    `could not ${doing}: no broker answers at ${addresses.join(', ')}${why}. Check the addresses and that Kafka is running`,
    { retriable: true, cause },
  )
}

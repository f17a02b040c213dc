import { BrokerError, MillraceError, type ErrorFacts } from '../core/errors.ts'
import { kafkaError, kafkaErrorOf as factsOf, type KafkaErrorName } from '../protocol/kafka-error.ts'

const names: ReadonlyMap<number, KafkaErrorName> = new Map(
  (Object.keys(kafkaError) as KafkaErrorName[]).map((name) => [kafkaError[name], name]),
)

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
    const { name, retriable } = factsOf(code)
    const { message, ...facts } = details
    const text = `${name} (${code})${message ? `: ${message}` : ''}`
    super('MILLRACE_BROKER_FAILED', `Kafka answered ${text}`, { ...facts, retriable })
    this.kafkaError = names.get(code) ?? 'UNKNOWN_SERVER_ERROR'
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

function unreachableBroker(addresses: readonly string[], doing: string, cause?: unknown): BrokerError {
  const why = cause instanceof Error ? ` (${cause.message})` : ''
  return new BrokerError(
    'MILLRACE_BROKER_UNREACHABLE',
    `could not ${doing}: no broker answers at ${addresses.join(', ')}${why}. Check the addresses and that Kafka is running`,
    { retriable: true, cause },
  )
}

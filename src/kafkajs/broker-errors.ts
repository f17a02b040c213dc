import { BrokerError, MillraceError } from '../core/errors.ts'
import { kafkaError, kafkaErrorOf } from '../protocol/kafka-error.ts'

interface ClientError {
  readonly name?: string
  readonly type?: string
  readonly code?: string | number
  readonly message?: string
  readonly retriable?: boolean
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

/** The error of the protocol in it, however deep KafkaJS wrapped it. */
function protocolError(error: unknown): ClientError | undefined {
  const { type, cause, errors } = (error ?? {}) as ClientError
  if (type !== undefined) return error as ClientError
  return (cause === undefined ? undefined : protocolError(cause)) ?? (errors ? protocolError(errors[0]) : undefined)
}

/** KafkaJS's name of the protocol's error (`ILLEGAL_GENERATION`). */
export function protocolErrorType(error: unknown): string | undefined {
  return protocolError(error)?.type
}

const connectionErrors: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
])

/** Kafka's own clients give up on these; a broker that starts or stops answers with them. */
const alsoRetriable: ReadonlySet<unknown> = new Set([kafkaError.UNKNOWN_SERVER_ERROR, kafkaError.BROKER_NOT_AVAILABLE])

/** True when the way to the broker failed, not the request. */
export function isConnectionError(error: unknown): boolean {
  const { name, cause } = (error ?? {}) as ClientError
  return (name !== undefined && connectionErrors.has(name)) || (cause !== undefined && isConnectionError(cause))
}

export function isRetriable(error: unknown): boolean {
  if (error instanceof BrokerError) return error.retriable
  const ofProtocol = protocolError(error)
  if (ofProtocol === undefined) return isConnectionError(error)
  const { code } = ofProtocol
  return typeof code === 'number' && (kafkaErrorOf(code).retriable || alsoRetriable.has(code))
}

/** What the port's users see of an error of KafkaJS; it is kept as `cause`. One of ours passes unchanged. */
export function translateError(error: unknown, doing: string, brokers: readonly string[]): Error {
  if (error instanceof MillraceError) return error
  if (protocolErrorType(error) === undefined && isConnectionError(error))
    return unreachableBroker(brokers, doing, error)
  const why = error instanceof Error ? error.message : String(error)
  const options = { retriable: isRetriable(error), cause: error }
  return new BrokerError('MILLRACE_BROKER_FAILED', `could not ${doing}: ${why}`, options)
}

export function unreachableBroker(brokers: readonly string[], doing: string, cause?: unknown): BrokerError {
  const why = cause instanceof Error ? ` (${cause.message})` : ''
  return new BrokerError(
    'MILLRACE_BROKER_UNREACHABLE',
    `could not ${doing}: no broker answers at ${brokers.join(', ')}${why}. Check the addresses and that Kafka is running`,
    { retriable: true, cause },
  )
}

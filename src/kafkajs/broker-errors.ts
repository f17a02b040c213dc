import { BrokerError, MillraceError } from '../core/errors.ts'

interface ClientError {
  readonly name?: string
  readonly type?: string
  readonly code?: string | number
  readonly message?: string
  readonly retriable?: boolean
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

/** The protocol's name of the error (`ILLEGAL_GENERATION`), however deep KafkaJS wrapped it. */
export function protocolErrorType(error: unknown): string | undefined {
  const { type, cause, errors } = (error ?? {}) as ClientError
  return (
    type ??
    (cause === undefined ? undefined : protocolErrorType(cause)) ??
    (errors ? protocolErrorType(errors[0]) : undefined)
  )
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

const retriableTypes: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'CONCURRENT_TRANSACTIONS',
])

/** True when the way to the broker failed, not the request. */
export function isConnectionError(error: unknown): boolean {
  const { name, cause } = (error ?? {}) as ClientError
  return (name !== undefined && connectionErrors.has(name)) || (cause !== undefined && isConnectionError(cause))
}

export function isRetriable(error: unknown): boolean {
  if (error instanceof BrokerError) return error.retriable
  const type = protocolErrorType(error)
  return type === undefined ? isConnectionError(error) : retriableTypes.has(type)
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

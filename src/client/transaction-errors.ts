import { BrokerError, MillraceError, TaskMigratedError } from '../core/errors.ts'
import type { KafkaErrorName } from '../protocol/kafka-error.ts'
import { kafkaErrorOf } from './broker-errors.ts'

/** Another producer has the transactional id now; nothing that this one says counts any more. */
const fencedErrors: ReadonlySet<KafkaErrorName | undefined> = new Set([
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])

export function isFenced(error: unknown): boolean {
  return (
    fencedErrors.has(kafkaErrorOf(error)) || (error instanceof Error && fencedErrors.has(kafkaErrorOf(error.cause)))
  )
}

export function fenced(transactionalId: string, transactionTimeoutMs: number, cause: unknown): TaskMigratedError {
  const message =
    `the producer of the transactional id '${transactionalId}' was fenced: a newer one has taken over, or its transaction was open for ` +
    `longer than the ${transactionTimeoutMs} ms of transactionTimeoutMs. Nothing of the open transaction is committed; this producer can ` +
    `only be closed`
  return new TaskMigratedError(message, { cause })
}

/** The transaction can only be aborted. */
export function mustAbort(transactionalId: string, cause: Error): Error {
  if (cause instanceof TaskMigratedError) return cause
  const message = `the transaction of '${transactionalId}' cannot be committed, only aborted: ${cause.message}`
  const facts = { cause, retriable: false }
  return cause instanceof MillraceError
    ? new BrokerError('MILLRACE_BROKER_FAILED', message, { ...facts, topic: cause.topic, partition: cause.partition })
    : new BrokerError('MILLRACE_BROKER_FAILED', message, facts)
}

export function wrongState(transactionalId: string, call: string, state: string): MillraceError {
  return new MillraceError('MILLRACE_APP_STATE', `${call} of the producer '${transactionalId}': ${state}`)
}

export function wasAborted(transactionalId: string): BrokerError {
  const message = `the transaction of '${transactionalId}' was aborted before the record was sent`
  return new BrokerError('MILLRACE_BROKER_FAILED', message, { retriable: false })
}

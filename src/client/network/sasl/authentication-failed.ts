import { BrokerError } from '../../../core/errors.ts'

/** @param retriable whether the same credentials may be good later; default no */
export function authenticationFailed(message: string, cause?: unknown, retriable: boolean = false): BrokerError {
  return new BrokerError('MILLRACE_AUTHENTICATION_FAILED', message, { retriable, cause })
}

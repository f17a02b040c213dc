import { BrokerError } from '../../core/errors.ts'
import { ConnectionError } from '../broker-errors.ts'

/** What ended a stream, as its user should read it. */
export function streamError(broker: string, error: Error | undefined, wasOpen: boolean): BrokerError {
  if (error === undefined) {
    const hint = wasOpen ? '' : ' before it was open'
    return new ConnectionError(`the broker at ${broker} closed the connection${hint}`)
  }
  return new ConnectionError(
    `the connection to the broker at ${broker} failed: ${error.message || (error as NodeJS.ErrnoException).code}`,
    error,
  )
}

import { BrokerError } from '../../core/errors.ts'
import { ConnectionError } from '../broker-errors.ts'

/** How far a stream came: it is not open, it brought no answer beyond the first, or it did. */
export type StreamStage = 'opening' | 'unanswered' | 'in use'

/** Node's codes for a certificate that nobody vouches for, that is for another host, or whose time is over. */
const distrustCodes = /CERT|SELF_SIGNED|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH/

/** What ended a stream, as its user should read it. */
export function streamError(broker: string, error: Error | undefined, stage: StreamStage): BrokerError {
  if (error === undefined) return new ConnectionError(`the broker at ${broker} closed the connection${hints[stage]}`)
  const { code = '' } = error as NodeJS.ErrnoException
  if (stage === 'opening' && distrustCodes.test(code)) return distrusted(broker, error)
  return new ConnectionError(`the connection to the broker at ${broker} failed: ${error.message || code}`, error)
}

const hints: Readonly<Record<StreamStage, string>> = {
  opening: ' before it was open',
  unanswered: ' instead of an answer: does it expect TLS, or other credentials (SASL)?',
  'in use': '',
}

function distrusted(broker: string, error: Error): BrokerError {
  const message = `the certificate of the broker at ${broker} is not trusted: ${error.message}. Set ssl.ca, or ssl.servername`
  return new BrokerError('MILLRACE_AUTHENTICATION_FAILED', message, { retriable: false, cause: error })
}

/** What Node says before there is any stream: certificates or keys that cannot be read. */
export function unusable(broker: string, error: Error): BrokerError {
  const message = `no connection to the broker at ${broker} can be made: ${error.message}. Look at the certificates in ssl`
  return new BrokerError('MILLRACE_AUTHENTICATION_FAILED', message, { retriable: false, cause: error })
}

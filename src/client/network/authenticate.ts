import { sleep, type Clock } from '../../core/clock.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import { BrokerError } from '../../core/errors.ts'
import type { ApiRanges } from '../api-ranges.ts'
import { AnswerError } from '../broker-errors.ts'
import type { Connection } from './connection.ts'
import { authenticationFailed } from './sasl/authentication-failed.ts'
import type { SaslExchange, SaslMechanism } from './sasl/sasl-mechanism.ts'

export interface Authentication {
  readonly clock: Clock
  readonly mechanism: SaslMechanism
  readonly ranges: ApiRanges
  /** `host:port` */
  readonly broker: string
  readonly timeoutMs: number
}

/**
 * Tells the broker who this is; nothing else is sent meanwhile. Resolves with the milliseconds for which the broker holds it
 * true, 0: as long as the connection lives. The same again on a connection in use renews that time (KIP-368).
 *
 * @throws BrokerError `MILLRACE_AUTHENTICATION_FAILED`
 */
export async function authenticate(connection: Connection, authentication: Authentication): Promise<number> {
  return connection.exclusively(async (send) => {
    let sessionLifetimeMs = 0
    try {
      const converse = await prepared(authentication)
      await handshake(send, authentication)
      const exchange = exchanging(send, authentication, (lifetimeMs) => {
        sessionLifetimeMs = lifetimeMs
      })
      await converse(exchange)
      return sessionLifetimeMs
    } catch (error) {
      throw refused(authentication, error as Error)
    }
  })
}

function refused({ broker, mechanism }: Authentication, error: Error): Error {
  if (error instanceof BrokerError && !(error instanceof AnswerError)) return error
  const why = error instanceof AnswerError ? error.answerText : error.message
  return authenticationFailed(
    `the broker at ${broker} and ${mechanism.name} do not agree on who this is: ${why}`,
    error,
  )
}

/** Everything else waits meanwhile: a provider of tokens that never answers must not hold it for ever. */
async function prepared({ clock, mechanism, timeoutMs }: Authentication): ReturnType<SaslMechanism['prepare']> {
  const done = new AbortController()
  const late = sleep(clock, timeoutMs, done.signal).then(() => {
    throw authenticationFailed(`no credentials for ${mechanism.name} within ${timeoutMs} ms`, undefined, true)
  })
  late.catch(() => {})
  return Promise.race([mechanism.prepare(), late]).finally(() => done.abort())
}

async function handshake(
  send: Connection['send'],
  { mechanism, ranges, timeoutMs, broker }: Authentication,
): Promise<void> {
  // Version 0 would mean bytes without headers, and no reason for a refusal.
  const version = ranges.versionOf('SaslHandshake')
  const answer = await send({ api: 'SaslHandshake', version, body: { mechanism: mechanism.name }, timeoutMs })
  if (answer.errorCode === kafkaError.NONE) return
  const offered = answer.mechanisms.length === 0 ? 'no mechanism' : answer.mechanisms.join(', ')
  if (answer.errorCode === kafkaError.UNSUPPORTED_SASL_MECHANISM)
    throw authenticationFailed(`the broker at ${broker} does not take ${mechanism.name}; it takes ${offered}`)
  throw new AnswerError(answer.errorCode)
}

function exchanging(
  send: Connection['send'],
  { ranges, timeoutMs }: Authentication,
  onLifetime: (lifetimeMs: number) => void,
): SaslExchange {
  const version = ranges.versionOf('SaslAuthenticate')
  return async (authBytes) => {
    const answer = await send({ api: 'SaslAuthenticate', version, body: { authBytes }, timeoutMs })
    if (answer.errorCode !== kafkaError.NONE) throw new AnswerError(answer.errorCode, { message: answer.errorMessage })
    onLifetime(answer.sessionLifetimeMs)
    return answer.authBytes
  }
}

import type { Clock } from '../../../core/clock.ts'
import { BrokerError } from '../../../core/errors.ts'
import type { Random } from '../../../core/random.ts'
import { OauthBearerExchange, unsecuredValidator } from './oauth-bearer-exchange.ts'
import { plainExchange } from './plain-exchange.ts'
import type { SaslExchange } from './sasl-exchange.ts'
import { saslMechanisms, type SaslMechanism, type SaslOptions, type TokenValidator } from './sasl-options.ts'
import {
  scramCredential,
  ScramExchange,
  type NewBytes,
  type ScramCredential,
  type ScramMechanism,
} from './scram-exchange.ts'

export interface SaslServerOptions extends SaslOptions {
  readonly clock: Clock
  readonly random: Random
}

/** Who may come in, and how. */
export class SaslServer {
  readonly mechanisms: readonly SaslMechanism[]
  readonly clock: Clock
  readonly #users: Readonly<Record<string, string>>
  readonly #validate: TokenValidator
  readonly #newBytes: NewBytes
  /** Deriving one takes milliseconds. */
  readonly #credentials = new Map<string, ScramCredential>()

  /** @throws BrokerError when there is a mechanism for which nothing is known */
  constructor({ mechanisms, users, oauthBearer, clock, random }: SaslServerOptions) {
    const usable = saslMechanisms.filter((name) => (name === 'OAUTHBEARER' ? oauthBearer : users) !== undefined)
    this.mechanisms = mechanisms ?? usable
    const problem = this.mechanisms.find((name) => !usable.includes(name))
    if (problem !== undefined || this.mechanisms.length === 0) throw unusable(problem)
    this.clock = clock
    this.#users = users ?? {}
    this.#validate = typeof oauthBearer === 'function' ? oauthBearer : unsecuredValidator(() => clock.now())
    this.#newBytes = (count) => Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)))
  }

  /** A new authentication; undefined for a mechanism that is not offered. */
  exchange(mechanism: string): SaslExchange | undefined {
    const offered = this.mechanisms.find((name) => name === mechanism)
    switch (offered) {
      case undefined:
        return undefined
      case 'PLAIN':
        return plainExchange(this.#users)
      case 'OAUTHBEARER':
        return new OauthBearerExchange(this.#validate)
      case 'SCRAM-SHA-256':
      case 'SCRAM-SHA-512':
        return new ScramExchange({
          mechanism: offered,
          newBytes: this.#newBytes,
          credentialOf: (name) => this.#credentialOf(offered, name),
        })
    }
  }

  #credentialOf(mechanism: ScramMechanism, name: string): ScramCredential | undefined {
    if (!Object.hasOwn(this.#users, name)) return undefined
    const key = `${mechanism} ${name}`
    let credential = this.#credentials.get(key)
    if (credential === undefined) {
      credential = scramCredential(mechanism, this.#users[name]!, this.#newBytes)
      this.#credentials.set(key, credential)
    }
    return credential
  }
}

function unusable(mechanism: SaslMechanism | undefined): BrokerError {
  const message =
    mechanism === undefined
      ? 'sasl offers no mechanism: give it users, or oauthBearer'
      : `sasl offers ${mechanism} without ${mechanism === 'OAUTHBEARER' ? 'oauthBearer' : 'users'}`
  return new BrokerError('MILLRACE_BROKER_FAILED', message, { retriable: false })
}

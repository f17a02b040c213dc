import type { SaslConfig } from '../../security-config.ts'
import { oauthBearer } from './oauth-bearer.ts'
import { plain } from './plain.ts'
import { scram } from './scram.ts'

/** Sends one message of the mechanism and resolves with the broker's. */
export type SaslExchange = (bytes: Buffer) => Promise<Buffer>

export interface SaslMechanism {
  /** As brokers call it. */
  readonly name: string
  /**
   * Gets what is needed, and resolves with the conversation: it is ready to go when the broker begins to wait for it.
   * Whatever the conversation throws without being a BrokerError is a reason to refuse the broker.
   */
  prepare(): Promise<(exchange: SaslExchange) => Promise<void>>
}

export function saslMechanism(config: SaslConfig, nonce: () => string): SaslMechanism {
  switch (config.mechanism) {
    case 'plain':
      return plain(config)
    case 'scram-sha-256':
      return scram(config, 'sha256', nonce)
    case 'scram-sha-512':
      return scram(config, 'sha512', nonce)
    case 'oauthbearer':
      return oauthBearer(config)
  }
}

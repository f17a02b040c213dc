import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { systemNonce } from '../core/system-random.ts'
import type { KafkaPort } from '../runtime/port.ts'
import type { ClientOptions } from './client-options.ts'
import { kafkaClient } from './kafka-client.ts'
import { LinkTransport } from './link-transport.ts'
import type { OpenStream } from './network/byte-stream.ts'
import { NetworkLink } from './network/network-link.ts'
import { openTcp, openTls } from './network/node-streams.ts'
import { saslMechanism } from './network/sasl/sasl-mechanism.ts'
import { parseAddress } from './parse-address.ts'
import type { SaslConfig, TlsConfig } from './security-config.ts'

export interface OwnPortOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly clock: Clock
  readonly random: Random
  readonly requestTimeoutMs: number
  readonly connectionTimeoutMs: number
  readonly ssl?: boolean | TlsConfig
  readonly sasl?: SaslConfig
  /** An unguessable text: SCRAM needs one for every conversation. Default: the machine's. */
  readonly nonce?: () => string
  /** Default: the machine's network. */
  readonly openStream?: OpenStream
}

/** The port on connections of our own. Nothing connects before the first call that has to. */
export function ownPort(options: OwnPortOptions): KafkaPort {
  return kafkaClient(ownClient(options))
}

function ownClient({ brokers, ssl, sasl, ...options }: OwnPortOptions): ClientOptions {
  const { openStream = streams(ssl), nonce = systemNonce } = options
  const mechanism = sasl === undefined ? undefined : saslMechanism(sasl, nonce)
  return {
    ...options,
    openTransport: (clientId) =>
      new LinkTransport({
        ...options,
        addresses: brokers,
        openLink: (address) =>
          new NetworkLink({ ...options, ...parseAddress(address), clientId, mechanism, openStream }),
      }),
  }
}

function streams(ssl: boolean | TlsConfig | undefined): OpenStream {
  if (ssl === undefined || ssl === false) return openTcp
  return openTls(ssl === true ? {} : ssl)
}

import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { KafkaPort } from '../runtime/port.ts'
import type { ClientOptions } from './client-options.ts'
import { kafkaClient } from './kafka-client.ts'
import { LinkTransport } from './link-transport.ts'
import type { OpenStream } from './network/byte-stream.ts'
import { NetworkLink } from './network/network-link.ts'
import { openTcp } from './network/node-streams.ts'
import { parseAddress } from './parse-address.ts'

export interface OwnPortOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly clock: Clock
  readonly random: Random
  readonly requestTimeoutMs: number
  readonly connectionTimeoutMs: number
  /** Default: the machine's. */
  readonly openStream?: OpenStream
}

/** The port on connections of our own. Nothing connects before the first call that has to. */
export function ownPort(options: OwnPortOptions): KafkaPort {
  return kafkaClient(ownClient(options))
}

function ownClient({ brokers, openStream = openTcp, ...options }: OwnPortOptions): ClientOptions {
  return {
    ...options,
    openTransport: (clientId) =>
      new LinkTransport({
        ...options,
        addresses: brokers,
        openLink: (address) => new NetworkLink({ ...options, ...parseAddress(address), clientId, openStream }),
      }),
  }
}

import type { ClientOptions } from '../client/client-options.ts'
import { kafkaClient } from '../client/kafka-client.ts'
import { LinkTransport } from '../client/link-transport.ts'
import { parseAddress } from '../client/parse-address.ts'
import type { SaslConfig, TlsConfig } from '../client/security-config.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { KafkaPort } from '../runtime/port.ts'
import type { BrokerOptions } from './kafkajs-library.ts'
import { KafkaJsLink } from './kafkajs-link.ts'
import { kafkaJsSasl } from './oauth-bearer-provider.ts'

export interface KafkaJsPortOptions extends Omit<BrokerOptions, 'host' | 'port' | 'logCreator' | 'ssl' | 'sasl'> {
  readonly ssl?: boolean | TlsConfig
  readonly sasl?: SaslConfig
  readonly brokers: readonly string[]
  readonly clock: Clock
  readonly random: Random
  /** KafkaJS's own log lines, as its `logCreator` option takes them. Default: none, as every failure reaches the caller. */
  readonly logger?: BrokerOptions['logCreator']
}

/** Our client on KafkaJS's connections. Nothing connects before the first call that has to. */
export function kafkajsPort(options: KafkaJsPortOptions): KafkaPort {
  return kafkaClient(kafkajsClient(options))
}

export function kafkajsClient({ brokers, clock, random, logger, sasl, ...broker }: KafkaJsPortOptions): ClientOptions {
  const { clientId, requestTimeoutMs } = broker
  return {
    clock,
    random,
    clientId,
    requestTimeoutMs,
    openTransport: (clientIdOfPart) =>
      new LinkTransport({
        addresses: brokers,
        clock,
        random,
        requestTimeoutMs,
        openLink: (address) =>
          new KafkaJsLink({
            ...broker,
            clock,
            sasl: kafkaJsSasl(sasl),
            ...parseAddress(address),
            clientId: clientIdOfPart,
            logCreator: logger,
          }),
      }),
  }
}

import type { Clock } from '../core/clock.ts'
import { systemRandom } from '../core/system-random.ts'
import type { KafkaPort } from '../runtime/port.ts'
import type { ResolvedConfig } from './resolved-config.ts'

/** One address that does not answer must leave time to try the others. */
const connectionTimeoutMsMax = 10_000

/** The client library is loaded when it is needed: a simulated app, with a port of its own, never loads it. */
export async function connectPort(config: ResolvedConfig, clock: Clock): Promise<KafkaPort> {
  const { kafkajsPort } = await import('../kafkajs/kafkajs-port.ts')
  const { brokers, clientId, requestTimeoutMs, ssl, sasl } = config
  const connectionTimeoutMs = Math.min(connectionTimeoutMsMax, requestTimeoutMs)
  return kafkajsPort({
    brokers,
    clientId,
    requestTimeoutMs,
    connectionTimeoutMs,
    ssl,
    clock,
    random: systemRandom,
    ...(sasl !== null && { sasl }),
  })
}

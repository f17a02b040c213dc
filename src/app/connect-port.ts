import type { Clock } from '../core/clock.ts'
import type { KafkaPort } from '../runtime/port.ts'
import type { ResolvedConfig } from './resolved-config.ts'

/** The client library is loaded when it is needed: a simulated app, with a port of its own, never loads it. */
export async function connectPort(config: ResolvedConfig, clock: Clock): Promise<KafkaPort> {
  const { kafkajsPort } = await import('../kafkajs/kafkajs-port.ts')
  const { brokers, requestTimeoutMs, ssl, sasl } = config
  return kafkajsPort({ brokers, requestTimeoutMs, ssl, sasl, clock })
}

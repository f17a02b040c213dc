import type { Clock } from '../core/clock.ts'
import { systemRandom } from '../core/system-random.ts'
import type { KafkaPort } from '../runtime/port.ts'
import type { ResolvedConfig } from './resolved-config.ts'

/** One address that does not answer must leave time to try the others. */
const connectionTimeoutMsMax = 10_000

/** The client is loaded when it is needed: a simulated app, with a port of its own, loads none. */
export async function connectPort(config: ResolvedConfig, clock: Clock): Promise<KafkaPort> {
  const { brokers, clientId, requestTimeoutMs, ssl, sasl } = config
  const connectionTimeoutMs = Math.min(connectionTimeoutMsMax, requestTimeoutMs)
  const surroundings = { clock, random: systemRandom, requestTimeoutMs, connectionTimeoutMs }
  const options = { ...surroundings, brokers, clientId, ssl, ...(sasl !== null && { sasl }) }
  if (config.client === 'kafkajs') return (await import('../kafkajs/kafkajs-port.ts')).kafkajsPort(options)
  return (await import('../client/own-port.ts')).ownPort(options)
}

import { ownPort } from '../../../src/client/own-port.ts'
import { systemClock } from '../../../src/core/system-clock.ts'
import { systemRandom } from '../../../src/core/system-random.ts'
import { kafkajsPort } from '../../../src/kafkajs/kafkajs-port.ts'
import type { PortAt } from './port-suite-on-broker.ts'

const surroundings = { clock: systemClock, random: systemRandom, clientId: 'conformance', connectionTimeoutMs: 10_000 }

/** Both implementations of the port. */
export const ownPortAt: PortAt = (brokers, requestTimeoutMs) => ownPort({ ...surroundings, brokers, requestTimeoutMs })

export const kafkajsPortAt: PortAt = (brokers, requestTimeoutMs) =>
  kafkajsPort({ ...surroundings, brokers, requestTimeoutMs })

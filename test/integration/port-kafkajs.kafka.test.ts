import { systemClock } from '../../src/core/system-clock.ts'
import { systemRandom } from '../../src/core/system-random.ts'
import { kafkajsPort } from '../../src/kafkajs/kafkajs-port.ts'
import { portSuiteOnKafka } from '../conformance/port/port-suite-on-kafka.ts'

const surroundings = { clock: systemClock, random: systemRandom, clientId: 'conformance', connectionTimeoutMs: 1_000 }

portSuiteOnKafka('the port on KafkaJS', (brokers, requestTimeoutMs) =>
  kafkajsPort({ ...surroundings, brokers, requestTimeoutMs }),
)

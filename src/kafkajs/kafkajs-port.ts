import type { KafkaPort } from '../runtime/port.ts'
import { kafkajsAdmin } from './admin.ts'
import type { ConnectionOptions } from './connection.ts'
import { kafkajsConsumer } from './consumer.ts'
import './kafkajs-codecs.ts'
import { kafkajsProducer } from './producer.ts'
import { kafkajsRestorer } from './restorer.ts'

export interface KafkaJsPortOptions extends Omit<ConnectionOptions, 'logCreator'> {
  /** KafkaJS's own log lines, as its `logCreator` option takes them. Default: none, as every failure reaches the caller. */
  readonly logger?: ConnectionOptions['logCreator']
}

/** The port on KafkaJS's connections: needs Kafka 2.3 or newer. Nothing connects before the first call that has to. */
export function kafkajsPort(options: KafkaJsPortOptions): KafkaPort {
  const connection: ConnectionOptions = { ...options, logCreator: options.logger }
  return {
    consumer: (consumer) => kafkajsConsumer(connection, consumer),
    producer: (producer) => kafkajsProducer(connection, producer),
    admin: () => kafkajsAdmin(connection),
    restorer: (restorer) => kafkajsRestorer({ ...connection, clientId: restorer.clientId }, restorer),
  }
}

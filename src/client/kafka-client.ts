import type { KafkaPort } from '../runtime/port.ts'
import { clientAdmin } from './admin.ts'
import type { ClientOptions } from './client-options.ts'
import { clientConsumer } from './consumer.ts'
import { clientProducer } from './producer.ts'
import { clientRestorer } from './restorer.ts'
import { clientTransactionalProducer } from './transactional-producer.ts'

/** The port, over whichever transport. Nothing connects before the first call that has to. */
export function kafkaClient(options: ClientOptions): KafkaPort {
  return {
    consumer: (consumer) => clientConsumer({ ...options, clientId: consumer.clientId }, consumer),
    producer: (producer) => clientProducer({ ...options, clientId: producer.clientId }, producer),
    transactionalProducer: (producer) =>
      clientTransactionalProducer({ ...options, clientId: producer.clientId }, producer),
    admin: () => clientAdmin(options),
    restorer: (restorer) => clientRestorer({ ...options, clientId: restorer.clientId }, restorer),
  }
}

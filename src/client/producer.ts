import type { DeliveryFailed, OutgoingRecord, ProducerOptions, ProducerPort } from '../runtime/port.ts'
import type { ClientOptions } from './client-options.ts'
import { Cluster } from './cluster.ts'
import { IdempotentSession } from './idempotent-session.ts'
import { Outbox } from './outbox.ts'

/**
 * Idempotent (KIP-98), acks=all, up to five requests at a time to each broker.
 *
 * What the broker cannot promise, to a Java producer neither: it forgets a producer by the timestamps of its records
 * (producer.id.expiration.ms, a day). Records with old event times may be doubled when the broker dies after writing
 * them and before answering.
 */
export function clientProducer(client: ClientOptions, options: ProducerOptions): ProducerPort {
  return new Producer(client, options)
}

class Producer implements ProducerPort {
  readonly #client: ClientOptions
  readonly #outbox: Outbox
  #cluster: Cluster | undefined

  constructor(client: ClientOptions, options: ProducerOptions) {
    this.#client = client
    this.#outbox = new Outbox(client, options, null)
  }

  async connect(): Promise<void> {
    if (this.#cluster !== undefined) return
    const cluster = new Cluster(this.#client)
    await cluster.connect('connect the producer')
    this.#cluster = cluster
    const outbox = this.#outbox
    const onRefused = (error: unknown): void => outbox.fail(cluster.translate(error, 'get a producer id'))
    outbox.start(cluster, new IdempotentSession({ cluster, onReady: () => outbox.pump(), onRefused }))
  }

  send(record: OutgoingRecord, onFailed: DeliveryFailed): void {
    this.#outbox.add(record, onFailed)
  }

  flush(): Promise<void> {
    return this.#outbox.flush()
  }

  hasRoom(): boolean {
    return this.#outbox.hasRoom()
  }

  room(): Promise<void> {
    return this.#outbox.room()
  }

  async close(): Promise<void> {
    await this.#outbox.close()
    await this.#cluster?.close()
  }
}

import { BrokerError } from '../core/errors.ts'
import type { DeliveryFailed, OutgoingRecord, ProducerOptions } from '../runtime/port.ts'
import { Accumulator } from './accumulator.ts'
import type { ClientOptions } from './client-options.ts'
import type { Cluster } from './cluster.ts'
import type { ProducerSession } from './producer-session.ts'
import { Sender } from './sender.ts'

/** What a producer holds until brokers have it, with and without transactions. */
export class Outbox {
  readonly #options: ProducerOptions
  readonly #accumulator: Accumulator
  readonly #sender: Sender
  #roomWaiters: (() => void)[] = []
  #closed = false

  constructor({ clock }: ClientOptions, producer: ProducerOptions, transactionalId: string | null) {
    this.#options = producer
    const accumulator = new Accumulator({ ...producer, clock, transactional: transactionalId !== null })
    this.#accumulator = accumulator
    this.#sender = new Sender({ clock, producer, accumulator, transactionalId, onSettled: () => this.#tellRoom() })
  }

  /** Sends from now on, under the identities of the session. */
  start(cluster: Cluster, session: ProducerSession): void {
    this.#sender.start(cluster, session)
  }

  /** The session admits now what it did not before. */
  pump(): void {
    this.#sender.pump()
  }

  add(record: OutgoingRecord, onFailed: DeliveryFailed): void {
    if (this.#closed) {
      const error = new BrokerError('MILLRACE_BROKER_FAILED', 'the producer is closed', { retriable: false })
      return onFailed(record, error)
    }
    const readyAt = this.#accumulator.append(record, onFailed)
    if (readyAt !== undefined) this.#sender.wakeAt(readyAt)
  }

  async flush(): Promise<void> {
    const flushed = this.#accumulator.flushed()
    this.#sender.pump()
    await flushed
  }

  /** Fails what is not under way. */
  fail(error: Error): void {
    this.#sender.failAll(error)
  }

  hasRoom(): boolean {
    return this.#accumulator.bufferedBytes < this.#options.bufferedBytesMax
  }

  async room(): Promise<void> {
    while (!this.hasRoom()) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
  }

  #tellRoom(): void {
    if (!this.hasRoom()) return
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
  }

  /** Takes nothing any more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.flush()
    this.#sender.stop()
  }
}

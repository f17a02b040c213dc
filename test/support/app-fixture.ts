import { inject } from 'vitest'
import { createApp } from '../../src/app/create-app.ts'
import type { AppConfig } from '../../src/app/app-config.ts'
import type { MillraceApp } from '../../src/app/millrace-app.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { systemRandom } from '../../src/core/system-random.ts'
import { ownPort } from '../../src/client/own-port.ts'
import type { AdminPort, FetchedBatch, KafkaPort } from '../../src/runtime/port.ts'
import { defaultPartition } from '../../src/core/murmur2.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { startAppBroker, type AppBroker } from './app-broker.ts'

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly (readonly [string, Uint8Array | null])[]
}

export interface WriteRecord {
  readonly key: string
  /** Goes out as JSON; a text as it is. */
  readonly value: unknown
  readonly timestamp?: number
}

const encoder = new TextEncoder()

/** Soon done; but who is slow on a busy machine is not taken for dead. */
const quick: AppConfig = {
  commitIntervalMs: 200,
  sessionTimeoutMs: 30_000,
  heartbeatIntervalMs: 300,
  rebalanceTimeoutMs: 60_000,
  requestTimeoutMs: 30_000,
  shutdownTimeoutMs: 60_000,
  replicationFactor: 1,
}

/** A broker for one test file, with what tests write and read by. */
export class AppFixture {
  readonly #broker: AppBroker
  readonly #port: KafkaPort
  readonly #admin: AdminPort

  private constructor(broker: AppBroker, port: KafkaPort, admin: AdminPort) {
    this.#broker = broker
    this.#port = port
    this.#admin = admin
  }

  static async start(): Promise<AppFixture> {
    const broker = await startAppBroker()
    const port = ownPort({
      brokers: [broker.bootstrap],
      clientId: 'test',
      requestTimeoutMs: 30_000,
      connectionTimeoutMs: 5_000,
      clock: systemClock,
      random: systemRandom,
    })
    const admin = port.admin()
    await admin.connect()
    return new AppFixture(broker, port, admin)
  }

  async stop(): Promise<void> {
    await this.#admin.close()
    await this.#broker.stop()
  }

  get admin(): AdminPort {
    return this.#admin
  }

  get brokers(): string {
    return this.#broker.bootstrap
  }

  app(topology: Topology, config: AppConfig = {}): MillraceApp {
    return createApp(topology, { ...quick, client: inject('client'), brokers: this.brokers, ...config })
  }

  /** Without retention: the broker would delete by its clock what bears the times of years ago. */
  async createTopics(counts: Readonly<Record<string, number>>): Promise<void> {
    const configs = { 'retention.ms': '-1' }
    const topics = Object.entries(counts).map(([topic, partitionCount]) => ({
      topic,
      partitionCount,
      replicationFactor: 1,
      configs,
    }))
    await this.#admin.createTopics(topics)
  }

  async write(topic: string, records: readonly WriteRecord[]): Promise<void> {
    const count = (await this.#admin.partitionCounts([topic])).get(topic) ?? 0
    const options = {
      clientId: 'test',
      compression: 'lz4',
      lingerMs: 5,
      batchBytes: 100_000,
      bufferedBytesMax: 1e8,
      deliveryTimeoutMs: 120_000,
    } as const
    const producer = this.#port.producer(options)
    await producer.connect()
    const failures: Error[] = []
    for (const { key, value, timestamp } of records) {
      const bytes = encoder.encode(key)
      const outgoing = {
        topic,
        partition: defaultPartition(bytes, count),
        key: bytes,
        headers: [],
        timestamp: timestamp ?? systemClock.now(),
        value: encoder.encode(typeof value === 'string' ? value : JSON.stringify(value)),
      }
      producer.send(outgoing, (_, error) => void failures.push(error))
    }
    await producer.flush()
    await producer.close()
    if (failures[0] !== undefined) throw failures[0]
  }

  /** Everything that is in a topic now. */
  async read(topic: string): Promise<readonly ReadRecord[]> {
    const offsets = await this.#admin.offsets(topic)
    const records: ReadRecord[] = []
    const restorer = this.#port.restorer({ clientId: 'test', fetchMaxBytes: 10_000_000 })
    const ranges = offsets
      .map(({ partition, low, high }) => ({ topic, partition, from: low, end: high }))
      .filter(({ from, end }) => from < end)
    if (ranges.length > 0)
      await restorer.read(ranges, (batch) => void records.push(...recordsOf(batch)), new AbortController().signal)
    await restorer.close()
    return records
  }

  /** Every record of these topics was processed and committed by the group. */
  async caughtUp(groupId: string, topics: readonly string[]): Promise<boolean> {
    const committed = await this.#admin.committedOffsets(groupId, topics)
    for (const topic of topics) {
      for (const { partition, low, high } of await this.#admin.offsets(topic)) {
        const offset = committed.find((each) => each.topic === topic && each.partition === partition)?.offset ?? 0
        if (low < high && offset < high) return false
      }
    }
    return true
  }
}

function recordsOf(batch: FetchedBatch): ReadRecord[] {
  return Array.from({ length: batch.count }, (_, index) => ({
    partition: batch.partition,
    offset: batch.offsetAt(index),
    timestamp: batch.timestampAt(index),
    key: batch.keyAt(index)?.slice() ?? null,
    value: batch.valueAt(index)?.slice() ?? null,
    headers: batch.headersAt(index).map(([name, value]) => [name, value?.slice() ?? null] as const),
  }))
}

/** Waits until it is so; fails after the time, with what `what` says then. */
export async function until(
  what: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 120_000,
): Promise<void> {
  const deadline = systemClock.monotonic() + timeoutMs
  while (!(await holds())) {
    if (systemClock.monotonic() > deadline)
      throw new Error(`not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`)
    await new Promise<void>((resolve) => systemClock.setTimer(50, resolve))
  }
}

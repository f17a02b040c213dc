import { randomFillSync } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { systemClock } from '../core/system-clock.ts'
import { Broker } from './broker.ts'
import { defaultBrokerConfig, type BrokerConfig } from './broker-config.ts'
import type { NewBrokerTopic } from './broker-control.ts'
import { DiskStorage } from './log/disk-storage.ts'
import { MemoryStorage } from './log/memory-storage.ts'
import type { Storage } from './log/storage.ts'
import type { StartBrokerOptions } from './start-options.ts'

const defaultHost = '127.0.0.1'

/**
 * A broker in this thread, on the machine's own time, with the topics that were asked for; it listens if there is a port.
 *
 * @throws BrokerError the port cannot be had; StateError the folder is in use
 */
export async function openBroker(options: StartBrokerOptions): Promise<Broker> {
  const { sasl, tls, host = defaultHost, port } = options
  const broker = new Broker({
    clock: systemClock,
    random,
    storage: storageOf(options, systemClock),
    config: configOf(options),
    ...(sasl !== undefined && { sasl }),
  })
  try {
    for (const topic of options.topics ?? [])
      createIfMissing(broker, typeof topic === 'string' ? { name: topic } : topic)
    if (port !== undefined) await broker.listen({ host, port, ...(tls !== undefined && { tls }) })
    broker.startMaintenance()
    return broker
  } catch (error) {
    await broker.close()
    throw error
  }
}

function random(): number {
  const [word] = randomFillSync(new Uint32Array(1))
  return word! / 2 ** 32
}

function storageOf({ data, fsync }: StartBrokerOptions, clock: Clock): Storage {
  if (data === undefined) return new MemoryStorage()
  return new DiskStorage({ dataDir: data, clock, ...(fsync !== undefined && { fsync }) })
}

function configOf(options: StartBrokerOptions): BrokerConfig {
  const { partitions, autoCreateTopics, groupInitialRebalanceDelayMs, groupSessionTimeoutMinMs } = options
  return {
    ...defaultBrokerConfig,
    ...(partitions !== undefined && { defaultPartitions: partitions }),
    ...(autoCreateTopics !== undefined && { autoCreateTopics }),
    ...(groupInitialRebalanceDelayMs !== undefined && { groupInitialRebalanceDelayMs }),
    ...(groupSessionTimeoutMinMs !== undefined && { groupSessionTimeoutMinMs }),
  }
}

function createIfMissing(broker: Broker, topic: NewBrokerTopic): void {
  if (broker.state.topics.get(topic.name) === undefined) broker.control.createTopic(topic)
}

import { createApp } from '../../src/app/create-app.ts'
import type { AppConfig } from '../../src/app/app-config.ts'
import type { MillraceApp } from '../../src/app/millrace-app.ts'
import type { Http } from '../../src/http/http.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { topicPartitionName } from '../../src/core/topic-partition.ts'
import type { KafkaPort } from '../../src/runtime/port.ts'
import { MemoryKafka } from './memory-kafka.ts'
import { memoryPort } from './memory-port.ts'
import type { Step } from './memory-port.ts'
import { SimulatedClock } from './simulated-clock.ts'

export interface InstanceOptions {
  readonly config?: AppConfig
  readonly step?: Step
  /** Where the app answers queries, and the others are asked. */
  readonly http?: Http
  /** Wraps the port, to look at or to change what goes through it. */
  readonly wrap?: (port: KafkaPort) => KafkaPort
}

const encoder = new TextEncoder()

/** A cluster in memory and apps on it, in simulated time; a seed replays the run. */
export class MemoryCluster {
  readonly clock: SimulatedClock = new SimulatedClock()
  readonly kafka: MemoryKafka = new MemoryKafka()
  readonly #seed: number
  #instances = 0

  constructor(seed = 1) {
    this.#seed = seed
  }

  app<Q>(
    topology: Topology<Q>,
    { config = {}, step, http, wrap = (port) => port }: InstanceOptions = {},
  ): MillraceApp<Q> {
    const number = ++this.#instances
    const random = seededRandom(this.#seed * 1_000 + number)
    const port = memoryPort(this.kafka, {
      clock: this.clock,
      random,
      name: `instance-${number}`,
      ...(step && { step }),
    })
    const surroundings = { port: wrap(port), clock: this.clock, ...(http && { http }) }
    return createApp(topology, { lingerMs: 5, ...config }, surroundings)
  }

  /** One JSON value per record, keyed by its index, at one millisecond after the other. */
  write(topic: string, values: readonly unknown[], partition?: number): void {
    const count = this.kafka.counts().get(topic) ?? 0
    for (const [index, value] of values.entries()) {
      this.kafka.append({
        topic,
        partition: partition ?? index % count,
        key: encoder.encode(String(index)),
        value: encoder.encode(JSON.stringify(value)),
        timestamp: this.clock.now() + index,
        headers: [],
      })
    }
  }

  /** Every record of these topics was processed and committed by the group. */
  caughtUp(groupId: string, topics: readonly string[]): boolean {
    const { offsets } = this.kafka.group(groupId)
    return topics.every((topic) =>
      Array.from({ length: this.kafka.counts().get(topic) ?? 0 }, (_, partition) => ({ topic, partition })).every(
        (each) => {
          const end = this.kafka.end(each)
          return end === 0 || offsets.get(topicPartitionName(each)) === end
        },
      ),
    )
  }

  /** What a session time-out does to instances that died. */
  expire(groupId: string, instance: number): void {
    const group = this.kafka.group(groupId)
    for (const memberId of group.members.keys())
      if (memberId.startsWith(`instance-${instance}-`)) group.remove(memberId)
  }
}

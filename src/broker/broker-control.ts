import { Refusal } from './refusal.ts'
import type { Broker } from './broker.ts'
import type { Fault } from './faults/fault.ts'

/** A topic to be made; one replica, as there is one broker. */
export interface NewBrokerTopic {
  readonly name: string
  /** Default: the broker's. */
  readonly partitions?: number
  /** By Kafka's names: `{ 'cleanup.policy': 'compact' }`. */
  readonly configs?: Readonly<Record<string, string>>
}

/** The partition that changes its leader, and how. */
export interface LeaderMove {
  readonly topic: string
  readonly partition: number
  /** For so long nobody leads it: requests to it are answered NOT_LEADER_OR_FOLLOWER. Default 0. */
  readonly withoutLeaderMs?: number
}

/** What whoever started a broker can do with it beside speaking Kafka's protocol. Plain data: it works from another thread. */
export class BrokerControl {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  createTopic({ name, partitions, configs = {} }: NewBrokerTopic): void {
    const { topics, config } = this.#broker.state
    topics.create({ name, partitions: partitions ?? config.defaultPartitions, configs })
  }

  deleteTopic(name: string): void {
    this.#broker.state.topics.delete(name)
  }

  inject(fault: Fault): void {
    this.#broker.state.faults.inject(fault)
  }

  clearFaults(): void {
    this.#broker.state.faults.clear()
  }

  dropConnections(clientId?: string): number {
    return this.#broker.dropConnections(clientId)
  }

  moveLeader({ topic, partition, withoutLeaderMs = 0 }: LeaderMove): void {
    const { topics, faults } = this.#broker.state
    const log = topics.partition(topic, partition)
    if (log === undefined)
      throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION', `there is no partition ${topic}-${partition}`)
    if (withoutLeaderMs > 0) faults.loseLeader(topic, partition, withoutLeaderMs)
    log.bumpLeaderEpoch()
  }

  /** Deletes and compacts now what is due. */
  maintain(): Promise<void> {
    return this.#broker.maintain()
  }

  close(): Promise<void> {
    return this.#broker.close()
  }
}

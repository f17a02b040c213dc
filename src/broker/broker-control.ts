import { kafkaError } from '../protocol/kafka-error.ts'
import type { PartitionLog } from './log/partition-log.ts'
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

/** The partition that loses its end. */
export interface LogTruncation {
  readonly topic: string
  readonly partition: number
  /** Of the first record that is gone; batches go whole. */
  readonly offset: number
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
    const log = this.#log(topic, partition)
    if (withoutLeaderMs > 0) this.#broker.state.faults.loseLeader(topic, partition, withoutLeaderMs)
    log.bumpLeaderEpoch()
  }

  truncate({ topic, partition, offset }: LogTruncation): void {
    const log = this.#log(topic, partition)
    const { errorCode } = log.truncateTo(offset, this.#broker.state.clock.now())
    if (errorCode === kafkaError.OFFSET_OUT_OF_RANGE)
      throw new Refusal(
        'OFFSET_OUT_OF_RANGE',
        `${topic}-${partition} has offsets ${log.logStartOffset} to ${log.endOffset}, and cannot be cut off at ${offset}`,
      )
  }

  /** @throws Refusal */
  #log(topic: string, partition: number): PartitionLog {
    const log = this.#broker.state.topics.partition(topic, partition)
    if (log !== undefined) return log
    throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION', `there is no partition ${topic}-${partition}`)
  }

  /** Deletes and compacts now what is due. */
  maintain(): Promise<void> {
    return this.#broker.maintain()
  }

  close(): Promise<void> {
    return this.#broker.close()
  }
}

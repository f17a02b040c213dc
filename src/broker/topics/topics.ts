import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import type { BrokerLimits } from '../broker-config.ts'
import { PartitionLog } from '../log/partition-log.ts'
import type { Storage } from '../log/storage.ts'
import { randomId } from '../random-id.ts'
import { Refusal } from '../refusal.ts'
import { checkTopicConfigs, logConfigOf, type TopicConfigs } from './topic-configs.ts'
import { checkTopicName, collisionKey } from './topic-name.ts'
import { TopicJournal, type TopicEntry } from './topic-journal.ts'
import type { Topic } from './topic.ts'

export interface TopicsOptions {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: Random
  readonly limits: BrokerLimits
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly configs?: Readonly<Record<string, string | null>>
}

interface MutableTopic extends Topic {
  configs: TopicConfigs
  readonly partitions: PartitionLog[]
}

/** Of all partitions' folders. */
const topicsFolder = 'topics'

/** The topics with their partitions' logs, as they were left. Changes throw a Refusal, and then nothing has changed. */
export class Topics {
  readonly #options: TopicsOptions
  readonly #byName = new Map<string, MutableTopic>()
  readonly #collisions = new Map<string, string>()
  readonly #deletionListeners = new Set<(topic: Topic) => void>()
  readonly #journal: TopicJournal
  #partitionCount = 0

  constructor(options: TopicsOptions) {
    this.#options = options
    const { journal, entries } = TopicJournal.open(options.storage, () => [...this.#byName.values()].map(entryOf))
    this.#journal = journal
    for (const entry of entries) this.#add({ ...entry, partitions: [] }, entry.partitions)
    this.#removeOrphans()
  }

  /** Of topics whose deletion was cut short. */
  #removeOrphans(): void {
    const { storage } = this.#options
    const known = new Set(this.all.flatMap(({ name, partitions }) => partitions.map((_, i) => folderName(name, i))))
    for (const name of storage.list(topicsFolder)) if (!known.has(name)) storage.remove(`${topicsFolder}/${name}`)
  }

  #add(topic: MutableTopic, partitions: number): void {
    this.#byName.set(topic.name, topic)
    this.#collisions.set(collisionKey(topic.name), topic.name)
    this.#openPartitions(topic, partitions)
  }

  /** By their names. */
  get all(): readonly Topic[] {
    return [...this.#byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  get(name: string): Topic | undefined {
    return this.#byName.get(name)
  }

  /** Undefined when there is no such topic or partition. */
  partition(topic: string, index: number): PartitionLog | undefined {
    return this.#byName.get(topic)?.partitions[index]
  }

  /** Calls back when a topic is gone, until the returned function is called. */
  onDelete(listener: (topic: Topic) => void): () => void {
    this.#deletionListeners.add(listener)
    return () => void this.#deletionListeners.delete(listener)
  }

  /** @throws Refusal */
  checkNew({ name, partitions, configs = {} }: NewTopic): TopicConfigs {
    const { limits } = this.#options
    checkTopicName(name)
    if (this.#byName.has(name)) throw new Refusal('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
    const other = this.#collisions.get(collisionKey(name))
    if (other !== undefined)
      throw new Refusal('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${other}`)
    if (!Number.isInteger(partitions) || partitions < 1)
      throw new Refusal('INVALID_PARTITIONS', 'Number of partitions was set to an invalid non-positive value.')
    if (this.#byName.size >= limits.topicsMax)
      throw new Refusal('POLICY_VIOLATION', `there are ${this.#byName.size} topics, and no more are allowed`)
    this.#checkRoom(partitions)
    return checkTopicConfigs(configs)
  }

  #checkRoom(added: number): void {
    const { partitionsMax } = this.#options.limits
    if (this.#partitionCount + added > partitionsMax)
      throw new Refusal(
        'INVALID_PARTITIONS',
        `${added} more partitions would be ${this.#partitionCount + added}, and at most ${partitionsMax} are allowed`,
      )
  }

  /** @throws Refusal */
  create(topic: NewTopic): Topic {
    const configs = this.checkNew(topic)
    const created: MutableTopic = { name: topic.name, id: randomId(this.#options.random), configs, partitions: [] }
    this.#add(created, topic.partitions)
    this.#journal.put(entryOf(created))
    return created
  }

  #openPartitions(topic: MutableTopic, count: number): void {
    const { storage, clock } = this.#options
    const config = logConfigOf(topic.configs)
    for (let partition = topic.partitions.length; partition < count; partition++) {
      const folder = `${topicsFolder}/${folderName(topic.name, partition)}`
      topic.partitions.push(
        PartitionLog.open({ storage, folder, topic: topic.name, partition, config, nowMs: clock.now() }),
      )
      this.#partitionCount++
    }
  }

  /** @throws Refusal */
  checkPartitions(name: string, count: number): void {
    const topic = this.#existing(name)
    const current = topic.partitions.length
    if (count === current) throw new Refusal('INVALID_PARTITIONS', `Topic already has ${current} partition(s).`)
    if (count < current)
      throw new Refusal(
        'INVALID_PARTITIONS',
        `The topic ${name} currently has ${current} partition(s); ${count} would not be an increase.`,
      )
    this.#checkRoom(count - current)
  }

  /** Raises the number of partitions. @throws Refusal */
  addPartitions(name: string, count: number): void {
    this.checkPartitions(name, count)
    const topic = this.#existing(name)
    this.#openPartitions(topic, count)
    this.#journal.put(entryOf(topic))
  }

  /** Sets the configs as a whole: what is not among them gets its default. @throws Refusal */
  setConfigs(name: string, configs: Readonly<Record<string, string | null>>): void {
    const topic = this.#existing(name)
    topic.configs = checkTopicConfigs(configs)
    const logConfig = logConfigOf(topic.configs)
    for (const log of topic.partitions) log.config = logConfig
    this.#journal.put(entryOf(topic))
  }

  /** @throws Refusal */
  delete(name: string): void {
    const topic = this.#existing(name)
    this.#byName.delete(name)
    this.#collisions.delete(collisionKey(name))
    this.#partitionCount -= topic.partitions.length
    this.#journal.delete(name)
    for (const log of topic.partitions) log.delete()
    for (const listener of this.#deletionListeners) listener(topic)
  }

  /** Lets go of the files, which stay. */
  close(): void {
    for (const { partitions } of this.#byName.values()) for (const log of partitions) log.close()
    this.#journal.close()
  }

  #existing(name: string): MutableTopic {
    const topic = this.#byName.get(name)
    if (topic === undefined)
      throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.')
    return topic
  }
}

/** As Kafka names them, so that its tools can read them. */
function folderName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

function entryOf({ name, id, partitions, configs }: Topic): TopicEntry {
  return { name, id, partitions: partitions.length, configs }
}

import type { Clock } from '../../src/core/clock.ts'
import { BrokerError, TaskMigratedError } from '../../src/core/errors.ts'
import type { Random } from '../../src/core/random.ts'
import type { TopicPartition } from '../../src/core/topic-partition.ts'
import { topicPartitionName } from '../../src/core/topic-partition.ts'
import { Bell } from '../../src/runtime/drain.ts'
import type {
  AdminPort,
  ConsumerOptions,
  ConsumerPort,
  DeliveryFailed,
  FetchedBatch,
  GroupMetadata,
  KafkaPort,
  MemberPlace,
  OutgoingRecord,
  ProducerOptions,
  ProducerPort,
  RebalanceListener,
  RestorePort,
} from '../../src/runtime/port.ts'
import type { MemoryAssignment, MemoryGroup, MemoryKafka, MemoryMember, StoredRecord } from './memory-kafka.ts'

/** Told before every step that a process takes towards the broker; a crash there never comes back. */
export type Step = (what: string) => Promise<void>

export interface MemoryPortOptions {
  readonly clock: Clock
  /** Unique per process. */
  readonly name: string
  /** Decides which partitions a fetch answers first, and how much it brings. */
  readonly random: Random
  readonly step?: Step
}

const forever = new Promise<never>(() => {})

/** One process that dies at its n-th step: nothing that it does afterwards has an effect, and nothing returns to it. */
export function crashAt(n: number): {
  readonly step: Step
  readonly crashed: () => boolean
  readonly steps: () => number
} {
  let steps = 0
  const step = (): Promise<void> => {
    steps++
    return steps >= n ? forever : Promise.resolve()
  }
  return { step, crashed: () => steps >= n, steps: () => steps }
}

/** The port on arrays, deterministic: it keeps the promises of runtime/port.ts that the runtime relies on. */
export function memoryPort(kafka: MemoryKafka, options: MemoryPortOptions): KafkaPort {
  const all = { step: () => Promise.resolve(), ...options }
  return {
    consumer: (consumerOptions) => new MemoryConsumer(kafka, consumerOptions, all),
    producer: (producerOptions) => new MemoryProducer(kafka, producerOptions, all),
    admin: () => memoryAdmin(kafka, all),
    restorer: () => memoryRestorer(kafka, all),
  }
}

function batchOf(partition: TopicPartition, records: readonly StoredRecord[], highWatermark: number): FetchedBatch {
  return {
    topic: partition.topic,
    partition: partition.partition,
    count: records.length,
    offsetAt: (index) => records[index]!.offset,
    timestampAt: (index) => records[index]!.timestamp,
    keyAt: (index) => records[index]!.key,
    valueAt: (index) => records[index]!.value,
    headersAt: (index) => records[index]!.headers,
    highWatermark,
    bytes: records.length * 100,
  }
}

let consumerCount = 0

class MemoryConsumer implements ConsumerPort {
  readonly #kafka: MemoryKafka
  readonly #options: ConsumerOptions
  readonly #port: MemoryPortOptions & { readonly step: Step }
  readonly #group: MemoryGroup
  readonly #positions = new Map<string, TopicPartition & { offset: number }>()
  readonly #watermarks = new Map<string, number>()
  readonly #fetchedAt = new Map<string, number>()
  readonly #paused = new Set<string>()
  readonly #wake = new Bell()
  #member: MemoryMember | undefined
  #members: readonly MemberPlace[] = []
  #joining = false
  #joined: MemoryAssignment | undefined
  #listener: RebalanceListener | undefined

  constructor(kafka: MemoryKafka, options: ConsumerOptions, port: MemoryPortOptions & { readonly step: Step }) {
    this.#kafka = kafka
    this.#options = options
    this.#port = port
    this.#group = kafka.group(options.groupId)
  }

  async subscribe(topics: readonly string[], listener: RebalanceListener): Promise<void> {
    await this.#port.step('subscribe')
    const memberId = `${this.#port.name}-${String(++consumerCount).padStart(6, '0')}`
    const { assignor, address = null } = this.#options
    this.#member = { memberId, topics, assignor, address, owned: [], generation: -1 }
    this.#listener = listener
    this.#group.add(this.#member)
  }

  async poll(maxWaitMs: number): Promise<readonly FetchedBatch[]> {
    await this.#port.step('poll')
    await this.#rebalance()
    const batches = this.#fetch()
    if (batches.length === 0 && maxWaitMs > 0) await this.#wake.wait(this.#port.clock, maxWaitMs)
    else return batches
    await this.#port.step('poll again')
    await this.#rebalance()
    return this.#fetch()
  }

  wakeup(): void {
    this.#wake.ring()
  }

  /** Cooperative: what the member owns is handed out while the group forms, and only what changes is told (C13). */
  async #rebalance(): Promise<void> {
    const member = this.#member
    if (member === undefined || this.#listener === undefined) return
    if (!this.#group.members.has(member.memberId)) await this.#expired(member, this.#listener)
    if (this.#joined !== undefined) await this.#serve(member, this.#listener, this.#joined)
    if (this.#group.rebalancing && !this.#joining) this.#join(member)
  }

  #join(member: MemoryMember): void {
    this.#joining = true
    void this.#group.join(member).then((assignment) => {
      this.#joining = false
      if (this.#group.members.has(member.memberId)) this.#joined = assignment
      this.#wake.ring()
    })
  }

  async #serve(member: MemoryMember, listener: RebalanceListener, assignment: MemoryAssignment): Promise<void> {
    this.#joined = undefined
    await this.#port.step('assigned')
    const gone = without(member.owned, assignment.partitions)
    const added = without(assignment.partitions, member.owned)
    if (gone.length > 0) await listener.onRevoked(gone)
    this.#forget(gone)
    member.owned = assignment.partitions
    this.#members = assignment.members
    for (const partition of added) this.#start(partition)
    await listener.onAssigned(added)
    if (gone.length > 0) this.#group.requestRejoin()
  }

  async #expired(member: MemoryMember, listener: RebalanceListener): Promise<void> {
    const { owned } = member
    this.#forget(owned)
    this.#joined = undefined
    member.owned = []
    member.generation = -1
    await listener.onLost(owned)
    this.#group.add(member)
  }

  #forget(partitions: readonly TopicPartition[]): void {
    for (const name of partitions.map(topicPartitionName)) {
      this.#positions.delete(name)
      this.#watermarks.delete(name)
      this.#fetchedAt.delete(name)
      this.#paused.delete(name)
    }
  }

  #start(partition: TopicPartition): void {
    const name = topicPartitionName(partition)
    const committed = this.#group.offsets.get(name)
    const reset = this.#options.offsetReset(partition.topic)
    const offset = committed ?? (reset === 'latest' ? this.#kafka.end(partition) : this.#kafka.log(partition).low)
    this.#positions.set(name, { ...partition, offset })
  }

  /** Some partitions answer, others take longer: which, is the seed's choice. */
  #fetch(): readonly FetchedBatch[] {
    const batches: FetchedBatch[] = []
    for (const [name, position] of this.#positions) {
      if (this.#paused.has(name) || this.#port.random() < 0.3) continue
      const highWatermark = this.#kafka.end(position)
      this.#watermarks.set(name, highWatermark)
      this.#fetchedAt.set(name, this.#port.clock.monotonic())
      const max = 1 + Math.floor(this.#port.random() * 20)
      const records = this.#kafka
        .log(position)
        .records.filter(({ offset }) => offset >= position.offset)
        .slice(0, max)
      if (records.length === 0) continue
      position.offset = records.at(-1)!.offset + 1
      batches.push(batchOf(position, records, highWatermark))
    }
    return batches
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.add(topicPartitionName(partition))
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.delete(topicPartitionName(partition))
  }

  highWatermark(partition: TopicPartition): number | undefined {
    return this.#watermarks.get(topicPartitionName(partition))
  }

  fetchedAtMs(partition: TopicPartition): number | undefined {
    return this.#fetchedAt.get(topicPartitionName(partition))
  }

  position(partition: TopicPartition): number | undefined {
    return this.#positions.get(topicPartitionName(partition))?.offset
  }

  /** A log in memory has no leaders. */
  leaderEpochAt(): undefined {
    return undefined
  }

  members(): readonly MemberPlace[] {
    return this.#members
  }

  groupMetadata(): GroupMetadata {
    const { memberId = '', generation: generationId = -1 } = this.#member ?? {}
    const { groupId, groupInstanceId = null } = this.#options
    return { groupId, memberId, generationId, groupInstanceId }
  }

  async commit(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    await this.#port.step('commit')
    const refused = this.#kafka.refuseCommit()
    if (refused !== undefined) throw refused
    const member = this.#member
    if (member === undefined || !this.#group.members.has(member.memberId)) throw new TaskMigratedError('not a member')
    const owned = new Set(member.owned.map(topicPartitionName))
    for (const offset of offsets) {
      if (!owned.has(topicPartitionName(offset)))
        throw new TaskMigratedError(`${topicPartitionName(offset)} is not owned`)
    }
    for (const offset of offsets) this.#group.offsets.set(topicPartitionName(offset), offset.offset)
    this.#kafka.events.push({ kind: 'commit', offsets })
  }

  async close(): Promise<void> {
    await this.#port.step('close')
    const member = this.#member
    if (member === undefined) return
    this.#member = undefined
    if (this.#group.members.has(member.memberId)) {
      this.#member = member
      await this.#listener?.onRevoked(member.owned)
      this.#member = undefined
    }
    this.#group.remove(member.memberId)
  }
}

function without(partitions: readonly TopicPartition[], others: readonly TopicPartition[]): readonly TopicPartition[] {
  const names = new Set(others.map(topicPartitionName))
  return partitions.filter((partition) => !names.has(topicPartitionName(partition)))
}

class MemoryProducer implements ProducerPort {
  readonly #kafka: MemoryKafka
  readonly #options: ProducerOptions
  readonly #port: MemoryPortOptions & { readonly step: Step }
  readonly #pending: [OutgoingRecord, DeliveryFailed][] = []
  #sending: Promise<void> = Promise.resolve()
  #timer = false

  constructor(kafka: MemoryKafka, options: ProducerOptions, port: MemoryPortOptions & { readonly step: Step }) {
    this.#kafka = kafka
    this.#options = options
    this.#port = port
  }

  async connect(): Promise<void> {
    await this.#port.step('producer')
  }

  send(record: OutgoingRecord, onFailed: DeliveryFailed): void {
    this.#pending.push([record, onFailed])
    if (this.#timer) return
    this.#timer = true
    this.#port.clock.setTimer(this.#options.lingerMs, () => {
      this.#timer = false
      this.#sendSoon()
    })
  }

  async flush(): Promise<void> {
    this.#sendSoon()
    await this.#sending
  }

  #sendSoon(): void {
    this.#sending = this.#sending.then(() => this.#sendAll())
  }

  /** Partition by partition, so that a crash can fall between them. */
  async #sendAll(): Promise<void> {
    const records = this.#pending.splice(0)
    const byPartition = groupBy(records)
    for (const [name, batch] of byPartition) {
      await this.#port.step(`produce ${name}`)
      for (const [record, onFailed] of batch) {
        const refused = this.#kafka.refuse(record)
        if (refused === undefined) this.#kafka.append(record)
        else onFailed(record, refused)
      }
    }
  }

  hasRoom(): boolean {
    return this.#pending.length < 1_000
  }

  async room(): Promise<void> {
    await this.flush()
  }

  async close(): Promise<void> {
    await this.flush()
  }
}

function groupBy(
  records: readonly [OutgoingRecord, DeliveryFailed][],
): Map<string, [OutgoingRecord, DeliveryFailed][]> {
  const groups = new Map<string, [OutgoingRecord, DeliveryFailed][]>()
  for (const each of records) {
    const name = topicPartitionName(each[0])
    groups.set(name, [...(groups.get(name) ?? []), each])
  }
  return groups
}

function memoryAdmin(kafka: MemoryKafka, { step }: { readonly step: Step }): AdminPort {
  return {
    connect: () => step('admin'),
    partitionCounts: async (topics) => new Map([...kafka.counts()].filter(([topic]) => topics.includes(topic))),
    describeTopics: async (topics) =>
      topics.flatMap((topic) => {
        const found = kafka.topics.get(topic)
        return found === undefined ? [] : [{ topic, partitionCount: found.logs.length, configs: found.configs }]
      }),
    async createTopics(topics) {
      for (const { topic, partitionCount, configs } of topics) {
        await step(`create ${topic}`)
        kafka.createTopic(topic, partitionCount, configs)
      }
    },
    async offsets(topic) {
      await step(`offsets ${topic}`)
      const logs = kafka.topics.get(topic)?.logs ?? []
      return logs.map(({ low }, partition) => ({ partition, low, high: kafka.end({ topic, partition }) }))
    },
    committedOffsets: async (groupId, topics) => {
      const { offsets } = kafka.group(groupId)
      return topics.flatMap((topic) =>
        (kafka.topics.get(topic)?.logs ?? []).flatMap((_, partition) => {
          const offset = offsets.get(topicPartitionName({ topic, partition }))
          return offset === undefined ? [] : [{ topic, partition, offset }]
        }),
      )
    },
    async deleteRecords(offsets) {
      await step('delete records')
      for (const offset of offsets) kafka.deleteBelow(offset, offset.offset)
    },
    deleteTopics: async (topics) => {
      for (const topic of topics) kafka.topics.delete(topic)
    },
    close: async () => {},
  }
}

function memoryRestorer(kafka: MemoryKafka, { clock, step }: MemoryPortOptions & { readonly step: Step }): RestorePort {
  return {
    async read(ranges, onBatch, signal) {
      for (const { from, end, topic, partition } of ranges) {
        const { records } = kafka.log({ topic, partition })
        const inRange = records.filter(({ offset }) => offset >= from && offset < end)
        for (let at = 0; at < inRange.length; at += 10) {
          await step(`restore ${topic}`)
          await new Promise<void>((resolve) => clock.setTimer(1, resolve))
          if (signal.aborted) throw new BrokerError('MILLRACE_BROKER_FAILED', 'aborted', { retriable: false })
          onBatch(batchOf({ topic, partition }, inRange.slice(at, at + 10), end))
        }
      }
    },
    close: async () => {},
  }
}

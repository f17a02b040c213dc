import type { TopicPartition } from '../../src/core/topic-partition.ts'
import { topicPartitionName } from '../../src/core/topic-partition.ts'
import type { Assignor, MemberPlace, OutgoingRecord } from '../../src/runtime/port.ts'
import { inBytes, type InBytes } from './in-bytes.ts'

export interface StoredRecord extends InBytes<OutgoingRecord> {
  readonly offset: number
}

interface Log {
  low: number
  readonly records: StoredRecord[]
}

export interface MemoryMember {
  readonly memberId: string
  readonly topics: readonly string[]
  readonly assignor: Assignor
  readonly address: string | null
  owned: readonly TopicPartition[]
  /** The generation that it last took part in. */
  generation: number
}

export interface MemoryAssignment {
  readonly partitions: readonly TopicPartition[]
  readonly members: readonly MemberPlace[]
}

/** A consumer group: a round ends when all members have joined it, and they own what they owned until they read what it brought. */
export class MemoryGroup {
  readonly members: Map<string, MemoryMember> = new Map()
  readonly offsets: Map<string, number> = new Map()
  generation = 0
  #joined = new Set<string>()
  #round: { readonly done: Promise<void>; readonly finish: () => void } | undefined
  #assignment: ReadonlyMap<string, readonly TopicPartition[]> = new Map()
  #places: readonly MemberPlace[] = []
  readonly #counts: () => ReadonlyMap<string, number>

  constructor(counts: () => ReadonlyMap<string, number>) {
    this.#counts = counts
  }

  add(member: MemoryMember): void {
    this.members.set(member.memberId, member)
    this.#startRound()
  }

  /** Also for a member that died: the others find out at once. */
  remove(memberId: string): void {
    if (!this.members.delete(memberId)) return
    this.#startRound()
    this.#finishRound()
  }

  /** Somebody let go of something: another round, so that it goes to somebody else. */
  requestRejoin(): void {
    this.#startRound()
  }

  /** Resolves with what each member is given once all have joined. */
  async join(member: MemoryMember): Promise<MemoryAssignment> {
    const round = this.#round
    if (round === undefined) throw new Error('nothing to join')
    this.#joined.add(member.memberId)
    this.#finishRound()
    await round.done
    member.generation = this.generation
    return { partitions: this.#assignment.get(member.memberId) ?? [], members: this.#places }
  }

  get rebalancing(): boolean {
    return this.#round !== undefined
  }

  #startRound(): void {
    if (this.#round !== undefined) return
    let finish = (): void => {}
    const done = new Promise<void>((resolve) => (finish = resolve))
    this.#round = { done, finish }
    this.#joined = new Set()
  }

  #finishRound(): void {
    const members = [...this.members.values()]
    if (
      this.#round === undefined ||
      members.length === 0 ||
      members.some((member) => !this.#joined.has(member.memberId))
    )
      return
    const topics = new Set(members.flatMap((member) => member.topics))
    const counts = new Map([...this.#counts()].filter(([topic]) => topics.has(topic)))
    this.#assignment = members[0]!.assignor(members, counts)
    const nobody = members.every(({ address }) => address === null)
    this.#places = (nobody ? [] : members).map(({ memberId, address }) => ({
      address,
      partitions: this.#assignment.get(memberId) ?? [],
    }))
    this.generation++
    this.#round.finish()
    this.#round = undefined
  }
}

/** What happened, in order: for tests of the order of things. */
export type MemoryEvent =
  | { readonly kind: 'append'; readonly record: StoredRecord }
  | { readonly kind: 'commit'; readonly offsets: readonly (TopicPartition & { readonly offset: number })[] }

/** The logs and groups of a cluster, on arrays. The ports on it are made by `memoryPort`. */
export class MemoryKafka {
  readonly topics: Map<string, { readonly logs: readonly Log[]; readonly configs: Readonly<Record<string, string>> }> =
    new Map()
  readonly events: MemoryEvent[] = []
  /** Refuses a record for good when it answers with an error. */
  refuse: (record: OutgoingRecord) => Error | undefined = () => undefined
  /** Makes a commit fail when it answers with an error. */
  refuseCommit: () => Error | undefined = () => undefined
  readonly #groups: Map<string, MemoryGroup> = new Map()

  createTopic(topic: string, partitionCount: number, configs: Readonly<Record<string, string>> = {}): void {
    if (this.topics.has(topic)) return
    this.topics.set(topic, { logs: Array.from({ length: partitionCount }, () => ({ low: 0, records: [] })), configs })
  }

  counts(): ReadonlyMap<string, number> {
    return new Map([...this.topics].map(([topic, { logs }]) => [topic, logs.length]))
  }

  log({ topic, partition }: TopicPartition): Log {
    const log = this.topics.get(topic)?.logs[partition]
    if (log === undefined) throw new Error(`no partition ${topicPartitionName({ topic, partition })}`)
    return log
  }

  append(outgoing: OutgoingRecord): void {
    const log = this.log(outgoing)
    const record = { ...inBytes(outgoing), offset: this.end(outgoing) }
    log.records.push(record)
    this.events.push({ kind: 'append', record })
  }

  end(partition: TopicPartition): number {
    const { low, records } = this.log(partition)
    return (records.at(-1)?.offset ?? low - 1) + 1
  }

  deleteBelow(partition: TopicPartition, offset: number): void {
    const log = this.log(partition)
    log.low = Math.max(log.low, offset)
    const kept = log.records.findIndex((record) => record.offset >= log.low)
    log.records.splice(0, kept === -1 ? log.records.length : kept)
  }

  group(groupId: string): MemoryGroup {
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      group = new MemoryGroup(() => this.counts())
      this.#groups.set(groupId, group)
    }
    return group
  }

  /** Everything in a topic, partition by partition. */
  records(topic: string): readonly StoredRecord[] {
    return (this.topics.get(topic)?.logs ?? []).flatMap(({ records }) => records)
  }
}

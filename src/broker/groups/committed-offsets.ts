/* The offsets of a group: committed, and staged by transactions that are open (Kafka's OffsetMetadataManager). */

export interface Offset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** -1: not said. */
  readonly leaderEpoch: number
  readonly metadata: string
}

/** `order` says what was written first, whoever committed it. */
export interface OrderedOffset extends Offset {
  readonly order: number
}

export type Partition = Pick<Offset, 'topic' | 'partition'>
type ByPartition = Map<string, OrderedOffset>

const keyOf = ({ topic, partition }: Partition): string => `${partition} ${topic}`

export class CommittedOffsets {
  readonly #committed: ByPartition = new Map()
  readonly #staged = new Map<number, ByPartition>()

  get all(): readonly OrderedOffset[] {
    return [...this.#committed.values()]
  }

  /** By the producer whose transaction they are of. */
  get staged(): readonly (readonly [number, readonly OrderedOffset[]])[] {
    return [...this.#staged].map(([producerId, offsets]) => [producerId, [...offsets.values()]])
  }

  get(partition: Partition): Offset | undefined {
    return this.#committed.get(keyOf(partition))
  }

  /** Whether a transaction that is open may change it (KIP-447). */
  isUnstable(partition: Partition): boolean {
    const key = keyOf(partition)
    return [...this.#staged.values()].some((offsets) => offsets.has(key))
  }

  commit(offsets: readonly OrderedOffset[]): void {
    for (const offset of offsets) this.#commit(offset)
  }

  /** What was written last counts: a commit outside the transaction may have come after the one in it. */
  #commit(offset: OrderedOffset): void {
    const key = keyOf(offset)
    if ((this.#committed.get(key)?.order ?? -1) < offset.order) this.#committed.set(key, offset)
  }

  /** Not to be seen before the transaction of this producer commits. */
  stage(producerId: number, offsets: readonly OrderedOffset[]): void {
    const staged: ByPartition = this.#staged.get(producerId) ?? new Map<string, OrderedOffset>()
    for (const offset of offsets) staged.set(keyOf(offset), offset)
    this.#staged.set(producerId, staged)
  }

  endTransaction(producerId: number, committed: boolean): void {
    const staged = this.#staged.get(producerId)
    this.#staged.delete(producerId)
    if (committed && staged !== undefined) this.commit([...staged.values()])
  }

  /** Those of a topic that something was committed or staged for. */
  partitionsOf(topic: string): readonly Partition[] {
    const all = [this.#committed, ...this.#staged.values()].flatMap((offsets) => [...offsets.values()])
    return all.filter((offset) => offset.topic === topic).map(({ partition }) => ({ topic, partition }))
  }

  forget(partitions: readonly Partition[]): void {
    for (const partition of partitions) {
      const key = keyOf(partition)
      this.#committed.delete(key)
      for (const offsets of this.#staged.values()) offsets.delete(key)
    }
  }
}

import { QueryError } from '../core/errors.ts'
import { defaultPartition } from '../core/murmur2.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { MemberPlace } from '../runtime/port.ts'
import type { StateStore } from '../state/state-store.ts'
import { answerQuery } from './answer-query.ts'
import { mergeAnswers, type RawAnswer, type RawQuery } from './raw-query.ts'
import type { CatalogStore, StoreCatalog } from './store-catalog.ts'

/** What queries need of a running app, at the moment of each call. */
export interface QuerySource {
  /** For messages; `running` when every task of this instance runs. */
  state(): string
  /** Null until the app knows its topics. */
  catalog(): StoreCatalog | null
  partitionCounts(): ReadonlyMap<string, number>
  /** Where this instance answers; null: nowhere. */
  address(): string | null
  /** The stores of this name in the tasks of this instance, by partition; of a global table one, as partition 0. */
  local(store: CatalogStore): ReadonlyMap<number, StateStore | 'restoring'>
  members(): readonly MemberPlace[]
}

/** Where the entries of a key are (Kafka Streams: KeyQueryMetadata). */
export interface Placement {
  readonly partition: number
  /** `host:port` of the instance that has the partition; null when it has no address, or the group has not said yet. */
  readonly address: string | null
  /** It is this instance. */
  readonly local: boolean
}

/**
 * Reads the stores of this instance's tasks. Each call looks for the tasks again, so that no task is read that has left; what is not here
 * is an error that says why, never an answer that lacks something.
 */
export class LocalQueries {
  readonly #source: QuerySource

  constructor(source: QuerySource) {
    this.#source = source
  }

  get address(): string | null {
    return this.#source.address()
  }

  /** @throws QueryError `MILLRACE_STORE_UNKNOWN`; `MILLRACE_STORE_NOT_READY` before the app knows its topics */
  find(name: string): CatalogStore {
    const catalog = this.#source.catalog()
    if (catalog === null) throw notReady(name, `the app is ${this.state}`)
    return catalog.find(name)
  }

  get stores(): readonly CatalogStore[] {
    return [...(this.#source.catalog()?.stores.values() ?? [])]
  }

  get state(): string {
    return this.#source.state()
  }

  /** All partitions of a store. */
  partitions({ topics }: CatalogStore): readonly number[] {
    if (topics.length === 0) return [0]
    return Array.from({ length: this.#count(topics) }, (_, partition) => partition)
  }

  #count(topics: readonly string[]): number {
    return Math.max(0, ...topics.map((topic) => this.#source.partitionCounts().get(topic) ?? 0))
  }

  /** Where entries of the key can be: one partition, or all where that cannot be told by the key. */
  partitionsOf(store: CatalogStore, key: unknown): readonly number[] {
    const { routing } = store
    if (routing === null) return this.partitions(store)
    return [defaultPartition(routing.key.serialize(key), this.#count([routing.topic]))]
  }

  /** By what is here and what the group said last. */
  place(store: CatalogStore, partition: number): Placement {
    if (this.#source.local(store).has(partition)) return { partition, address: this.address, local: true }
    return { partition, address: this.#owner(store, partition)?.address ?? null, local: false }
  }

  #owner({ topics }: CatalogStore, partition: number): MemberPlace | undefined {
    const isOurs = (each: TopicPartition): boolean => each.partition === partition && topics.includes(each.topic)
    return this.#source.members().find(({ partitions }) => partitions.some(isOurs))
  }

  /** Local partitions of a store, whose tasks all run. @throws QueryError `MILLRACE_STORE_NOT_READY` */
  ownPartitions(store: CatalogStore): readonly number[] {
    if (this.state !== 'running') throw notReady(store.name, `the app is ${this.state}`)
    return [...this.#source.local(store).keys()].toSorted((a, b) => a - b)
  }

  /** @throws QueryError `MILLRACE_STORE_NOT_READY`, `MILLRACE_STORE_ELSEWHERE`, `MILLRACE_STORE_KIND` */
  answer(store: CatalogStore, query: RawQuery, partitions: readonly number[]): RawAnswer {
    const local = this.#source.local(store)
    const answers = partitions.map((partition): RawAnswer => {
      const here = local.get(partition)
      if (here === undefined) throw this.#notHere(store, partition)
      if (here === 'restoring')
        throw notReady(store.name, `its partition ${partition} is being restored here`, partition)
      const answer = answerQuery(here, query, store)
      return 'count' in answer ? answer : { entries: answer.entries.map((entry) => ({ ...entry, partition })) }
    })
    return mergeAnswers(answers, query, store.kind === 'session')
  }

  #notHere(store: CatalogStore, partition: number): QueryError {
    const address = this.#owner(store, partition)?.address ?? null
    if (address === null ? !this.#hasForeignOwner(store, partition) : address === this.address) {
      const why = `its partition ${partition} has no owner yet that is known here (the app is ${this.state})`
      return notReady(store.name, why, partition)
    }
    const where = address ?? 'another instance'
    const remedy =
      address === null ? '; set applicationServer in every instance, so that they can find one another' : ''
    const message = `partition ${partition} of the store ${store.name} is held by ${where}${remedy}`
    const facts = { store: store.name, partition, address: address ?? undefined, retriable: address !== null }
    return new QueryError('MILLRACE_STORE_ELSEWHERE', message, facts)
  }

  /** Where members tell no addresses: once the group has settled, what is not here is elsewhere. */
  #hasForeignOwner(store: CatalogStore, partition: number): boolean {
    if (this.state !== 'running') return false
    return this.#source.members().length === 0 || this.#owner(store, partition) !== undefined
  }
}

function notReady(store: string, why: string, partition?: number): QueryError {
  const message = `the store ${store} cannot be read now: ${why}; ask again in a moment`
  return new QueryError('MILLRACE_STORE_NOT_READY', message, { store, partition, retriable: true })
}

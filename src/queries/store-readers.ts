import { valueAndTimestamp, type ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import type { Windowed } from '../core/windowed.ts'
import type { Plan } from '../planner/plan.ts'
import type { StoreDeclaration } from '../topology/processor-stores.ts'
import { wrongKind } from './answer-query.ts'
import { decodeEntry, primeEntries } from './decode-entries.ts'
import type { LocalQueries, Placement } from './local-queries.ts'
import { checkComplete, getQuery, invalid, keyBytes, rangeQuery, windowsQuery } from './query-options.ts'
import type { RawAnswer, RawEntry, RawQuery } from './raw-query.ts'
import type {
  GetOptions,
  KeyValueReader,
  LocalKeyValueReader,
  LocalWindowedReader,
  RangeOptions,
  StoreEntry,
  TimeRangeOptions,
  WindowEntry,
  WindowedReader,
} from './reader.ts'
import type { QueryAnswerer } from './routed-queries.ts'
import { findStore, type CatalogStore } from './store-catalog.ts'

/** Entries of one piece of a scan. */
const scanEntries = 1_000

/** What all readers of one store do. The store is looked up at each call: a reader may be made before the app runs. */
class Asker {
  readonly #name: string
  readonly #queries: QueryAnswerer
  readonly #isWindowed: boolean

  constructor(name: string, queries: QueryAnswerer, isWindowed: boolean) {
    this.#name = name
    this.#queries = queries
    this.#isWindowed = isWindowed
  }

  get local(): LocalQueries {
    return this.#queries.local
  }

  store(): CatalogStore {
    const store = this.local.find(this.#name)
    if (this.#isWindowed !== (store.kind === 'window' || store.kind === 'session')) throw wrongKind(store)
    return store
  }

  partitionsOf(store: CatalogStore, key: unknown, { partition }: GetOptions): readonly number[] {
    keyBytes(store, key)
    if (partition === undefined) return this.local.partitionsOf(store, key)
    if (this.local.partitions(store).includes(partition)) return [partition]
    throw invalid(store.name, `the store ${store.name} has no partition ${partition}`)
  }

  /** Undefined: whatever is here, where it cannot be told in which partition the key would be. */
  ownPartitionsOf(store: CatalogStore, key: unknown, options: GetOptions): readonly number[] | undefined {
    const partitions = this.partitionsOf(store, key, options)
    return store.routing === null && options.partition === undefined ? undefined : partitions
  }

  where(key: unknown): Placement | null {
    const store = this.store()
    const partitions = this.partitionsOf(store, key, {})
    return partitions.length === 1 ? this.local.place(store, partitions[0]!) : null
  }

  async entries(store: CatalogStore, query: RawQuery, partitions?: readonly number[]): Promise<readonly RawEntry[]> {
    const entries = entriesOf(await this.#queries.answer(store, query, partitions ?? this.local.partitions(store)))
    await primeEntries(store, entries)
    return entries
  }

  ownEntries(store: CatalogStore, query: RawQuery, partitions?: readonly number[]): readonly RawEntry[] {
    return entriesOf(this.local.answer(store, query, partitions ?? this.local.ownPartitions(store)))
  }

  async count(): Promise<number> {
    const store = this.store()
    return countOf(await this.#queries.answer(store, { kind: 'count' }, this.local.partitions(store)))
  }

  ownCount(): number {
    const store = this.store()
    return countOf(this.local.answer(store, { kind: 'count' }, this.local.ownPartitions(store)))
  }
}

function entriesOf(answer: RawAnswer): readonly RawEntry[] {
  return 'entries' in answer ? answer.entries : []
}

function countOf(answer: RawAnswer): number {
  return 'count' in answer ? answer.count : 0
}

function decodeAll<K, V>(store: CatalogStore, entries: readonly RawEntry[]): readonly StoreEntry<K, V>[] {
  checkComplete(store, entries.length)
  return entries.map((entry) => decodeEntry(store, entry) as StoreEntry<K, V>)
}

function first<V>({ value }: CatalogStore, [entry]: readonly RawEntry[]): ValueAndTimestamp<V> | null {
  return entry === undefined ? null : valueAndTimestamp(value.deserialize(entry.value) as V, entry.timestamp)
}

function keyValueReader<K, V>(name: string, queries: QueryAnswerer): KeyValueReader<K, V> {
  const asker = new Asker(name, queries, false)
  return {
    async get(key: K, options: GetOptions = {}) {
      const store = asker.store()
      const query = getQuery(store, key, options)
      return first(store, await asker.entries(store, query, asker.partitionsOf(store, key, options)))
    },
    async range(options: RangeOptions<K> = {}) {
      const store = asker.store()
      return decodeAll(store, await asker.entries(store, rangeQuery(store, options)))
    },
    scan: (options = {}) => scan(asker, options),
    approximateCount: () => asker.count(),
    where: (key) => asker.where(key),
    local: localKeyValueReader(asker),
  }
}

async function* scan<K, V>(asker: Asker, options: RangeOptions<K>): AsyncGenerator<StoreEntry<K, V>> {
  const store = asker.store()
  let after: Uint8Array | null = null
  for (;;) {
    const query: RawQuery = { ...rangeQuery(store, { ...options, limit: scanEntries }), after }
    const entries: readonly RawEntry[] = await asker.entries(store, query)
    yield* decodeAll<K, V>(store, entries)
    if (entries.length < scanEntries) return
    after = entries.at(-1)!.key
  }
}

function localKeyValueReader<K, V>(asker: Asker): LocalKeyValueReader<K, V> {
  return {
    get(key: K, options: GetOptions = {}) {
      const store = asker.store()
      const query = getQuery(store, key, options)
      return first(store, asker.ownEntries(store, query, asker.ownPartitionsOf(store, key, options)))
    },
    range(options: RangeOptions<K> = {}) {
      const store = asker.store()
      return decodeAll(store, asker.ownEntries(store, rangeQuery(store, options)))
    },
    approximateCount: () => asker.ownCount(),
  }
}

function windowedReader<K, V>(name: string, queries: QueryAnswerer): WindowedReader<K, V> {
  const asker = new Asker(name, queries, true)
  return {
    async get(key: Windowed<K>, options: GetOptions = {}) {
      const store = asker.store()
      return first(store, await asker.entries(store, exactly(store, key), asker.partitionsOf(store, key.key, options)))
    },
    async fetch(key: K, options: TimeRangeOptions & GetOptions = {}) {
      const store = asker.store()
      const query = windowsQuery(store, key, options)
      const entries = await asker.entries(store, query, asker.partitionsOf(store, key, options))
      return decodeAll(store, entries) as readonly WindowEntry<K, V>[]
    },
    async fetchAll(options: TimeRangeOptions = {}) {
      const store = asker.store()
      const entries = await asker.entries(store, windowsQuery(store, undefined, options))
      return decodeAll(store, entries) as readonly WindowEntry<K, V>[]
    },
    approximateCount: () => asker.count(),
    where: (key) => asker.where(key),
    local: localWindowedReader(asker),
  }
}

function localWindowedReader<K, V>(asker: Asker): LocalWindowedReader<K, V> {
  return {
    get(key: Windowed<K>, options: GetOptions = {}) {
      const store = asker.store()
      return first(store, asker.ownEntries(store, exactly(store, key), asker.ownPartitionsOf(store, key.key, options)))
    },
    fetch(key: K, options: TimeRangeOptions & GetOptions = {}) {
      const store = asker.store()
      const query = windowsQuery(store, key, options)
      const entries = asker.ownEntries(store, query, asker.ownPartitionsOf(store, key, options))
      return decodeAll(store, entries) as readonly WindowEntry<K, V>[]
    },
    fetchAll(options: TimeRangeOptions = {}) {
      const store = asker.store()
      return decodeAll(store, asker.ownEntries(store, windowsQuery(store, undefined, options))) as readonly WindowEntry<
        K,
        V
      >[]
    },
    approximateCount: () => asker.ownCount(),
  }
}

function exactly<K>(store: CatalogStore, { key, window: { start, end } }: Windowed<K>): RawQuery {
  return { kind: 'window', key: keyBytes(store, key), start, end }
}

/** For a store of the plan, or one that was declared. @throws QueryError `MILLRACE_STORE_UNKNOWN` */
export function makeReader(
  plan: Plan,
  store: string | StoreDeclaration,
  queries: QueryAnswerer,
): KeyValueReader<unknown, unknown> | WindowedReader<unknown, unknown> {
  const { name, kind } = typeof store === 'string' ? findStore(plan, store) : store
  return kind === 'window' || kind === 'session' ? windowedReader(name, queries) : keyValueReader(name, queries)
}

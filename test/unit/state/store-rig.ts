import assert from 'node:assert/strict'
import { payloadBytes, type Payload } from '../../../src/core/payload.ts'
import type { Serde } from '../../../src/serde/serde.ts'
import type { StateStore } from '../../../src/state/state-store.ts'

export interface ChangelogRecord {
  readonly key: Buffer
  readonly value: Buffer | null
  readonly timestamp: number
}

/** Collects what a store writes: copies, as a sink must. */
export function flushed(store: StateStore): ChangelogRecord[] {
  const records: ChangelogRecord[] = []
  store.flushChangelog((key, value, timestamp) => {
    records.push({ key: copy(key), value: value === null ? null : copy(value), timestamp })
  })
  return records
}

const copy = (payload: Payload): Buffer => Buffer.from(payloadBytes(payload))

/** Restores from one buffer that is wiped after each record: a store that keeps views does not survive it. */
export function restored<S extends StateStore>(store: S, records: readonly ChangelogRecord[]): S {
  for (const { key, value, timestamp } of records) {
    const shared = Buffer.concat([Buffer.from('??'), key, value ?? Buffer.alloc(0)])
    const keyView = shared.subarray(2, 2 + key.length)
    store.restore(keyView, value === null ? null : shared.subarray(2 + key.length), timestamp)
    shared.fill(0xee)
  }
  return store
}

function compacted(records: readonly ChangelogRecord[]): ChangelogRecord[] {
  const latest = new Map(records.map((record, offset) => [record.key.toString('hex'), offset]))
  return records.filter((record, offset) => latest.get(record.key.toString('hex')) === offset)
}

/** A store beside a plain model of it (data only), with the changelog between the store's lives. */
export class StoreRig<S extends StateStore, M> {
  readonly #create: () => S
  readonly #log: ChangelogRecord[] = []
  #flushedModel: M
  store: S
  model: M

  constructor(create: () => S, model: M) {
    this.#create = create
    this.store = create()
    this.model = model
    this.#flushedModel = structuredClone(model)
  }

  flush(): void {
    const { changedCount } = this.store
    const records = flushed(this.store)
    assert.ok(records.length <= changedCount)
    assert.deepStrictEqual(
      new Set(records.map(({ key }) => key.toString('hex'))).size,
      records.length,
      'one record per key',
    )
    assert.deepStrictEqual(this.store.changedCount, 0)
    assert.deepStrictEqual(flushed(this.store), [], 'nothing is written twice')
    this.#log.push(...records)
    this.#flushedModel = structuredClone(this.model)
  }

  /** A new store with what was flushed; what came later is lost. */
  crash(compact: boolean): void {
    this.store = restored(this.#create(), compact ? compacted(this.#log) : this.#log)
    this.model = structuredClone(this.#flushedModel)
    assert.deepStrictEqual(this.store.changedCount, 0, 'restored entries are not changed entries')
    assert.deepStrictEqual(flushed(this.store), [])
  }
}

export const text: Serde<string> = {
  name: 'text',
  primitiveKey: true,
  serialize: (value) => Buffer.from(value),
  deserialize: (bytes) => Buffer.from(bytes).toString(),
}

const float64: Serde<number> = {
  name: 'float64',
  primitiveKey: true,
  serialize: (value) => {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(value)
    return bytes
  },
  deserialize: (bytes) => Buffer.from(bytes).readDoubleBE(),
}

export function jsonSerde<T>(): Serde<T> {
  return {
    name: 'json',
    serialize: (value) => Buffer.from(JSON.stringify(value)),
    deserialize: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as T,
  }
}

/** Byte order and UTF-16 order differ: `\uffff` is before `\u{1f600}` in bytes and behind it in UTF-16. */
const keyTexts: readonly string[] = ['', 'a', 'ab', 'b', 'Z', '\u00e9', '\uffff', '\u{1f600}']

export interface KeyKind<K> {
  readonly label: string
  readonly serde: Serde<K>
  /** A new object each time, where keys are objects. */
  readonly keyOf: (index: number) => K
  readonly keyCount: number
}

export const textKeys: KeyKind<string> = {
  label: 'text keys',
  serde: text,
  keyOf: (index) => keyTexts[index]!,
  keyCount: keyTexts.length,
}

const objectKeys: KeyKind<{ id: string; zone: number }> = {
  label: 'object keys',
  serde: jsonSerde(),
  keyOf: (index) => ({ id: keyTexts[index % 4]!, zone: index }),
  keyCount: keyTexts.length,
}

/** Keys whose bytes differ though a map takes them for one, and NaN. */
const floatKeys: KeyKind<number> = {
  label: 'floating-point keys',
  serde: float64,
  keyOf: (index) => [0, -0, Number.NaN, 1.5, -1.5, Infinity, -Infinity, 5e-324][index]!,
  keyCount: 8,
}

export const keyKinds: readonly KeyKind<unknown>[] = [textKeys, objectKeys, floatKeys] as unknown as KeyKind<unknown>[]

/** For models: a key's identity and its place in the order. */
export function hex<K>(serde: Serde<K>, key: K): string {
  return Buffer.from(serde.serialize(key)).toString('hex')
}

/** For models: ascending by each of `fields` in turn; texts by their code units. */
export function sortedBy<T>(items: readonly T[], ...fields: ((item: T) => number | string)[]): T[] {
  return [...items].sort((a, b) => {
    for (const field of fields) {
      if (field(a) < field(b)) return -1
      if (field(a) > field(b)) return 1
    }
    return 0
  })
}

import { unreachable } from '../core/assert.ts'
import type { StoreSpec } from '../planner/store-spec.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { RecordPart, Serde } from '../serde/serde.ts'
import { MemoryKeyValueStore } from '../state/memory-key-value-store.ts'
import { MemoryOverStore } from '../state/memory-over-store.ts'
import { MemorySessionStore } from '../state/memory-session-store.ts'
import { MemoryStreamBufferStore } from '../state/memory-stream-buffer-store.ts'
import { MemoryStreamJoinStore } from '../state/memory-stream-join-store.ts'
import { MemorySubscriptionStore } from '../state/memory-subscription-store.ts'
import { MemorySuppressStore } from '../state/memory-suppress-store.ts'
import { MemoryTtlStore } from '../state/memory-ttl-store.ts'
import { MemoryUnmatchedStore } from '../state/memory-unmatched-store.ts'
import { MemoryVersionedStore } from '../state/memory-versioned-store.ts'
import { MemoryWindowStore } from '../state/memory-window-store.ts'
import type { StateStore, StoreSerdes } from '../state/state-store.ts'

/** The ready form of a serde for one topic; see `Serde.bind`. */
export function bindSerde<T>(
  serde: Serde<T>,
  at: { readonly topic: string; readonly part: RecordPart; readonly registry: SchemaRegistry | undefined },
): Serde<T> | Promise<Serde<T>> {
  return serde.bind === undefined ? serde : serde.bind(at)
}

/** A store of one task and what its changelog is read with. */
export interface BoundStore {
  readonly store: StateStore
  /** Null where a changelog record holds several values in a layout of the store's own. */
  readonly serdes: StoreSerdes<unknown, unknown> | null
}

const ownLayout: ReadonlySet<StoreSpec['kind']> = new Set(['unmatched', 'suppress', 'subscription', 'stream-buffer'])

/** A store of one task, its serdes bound to its changelog. */
export async function createStore(spec: StoreSpec, registry: SchemaRegistry | undefined): Promise<BoundStore> {
  const { changelogTopic: topic } = spec
  const key = await bindSerde(spec.key, { topic, part: 'key', registry })
  const value = await bindSerde(spec.value, { topic, part: 'value', registry })
  const serdes = { key, value }
  return { store: await makeStore(spec, serdes, registry), serdes: ownLayout.has(spec.kind) ? null : serdes }
}

async function makeStore(
  spec: StoreSpec,
  serdes: StoreSerdes<unknown, unknown>,
  registry: SchemaRegistry | undefined,
): Promise<StateStore> {
  const { name, changelogTopic: topic } = spec
  const { key, value } = serdes
  switch (spec.kind) {
    case 'key-value':
      return spec.ttlMs === undefined
        ? new MemoryKeyValueStore(name, serdes, { isLogged: spec.reusesSource !== true })
        : new MemoryTtlStore(name, serdes, spec.ttlMs)
    case 'window':
      return new MemoryWindowStore(name, serdes, spec)
    case 'session':
      return new MemorySessionStore(name, serdes, spec)
    case 'stream-join':
      return new MemoryStreamJoinStore(name, serdes, spec)
    case 'unmatched': {
      // A subject of its own: the schemas of the two sides have nothing to do with each other.
      const right = await bindSerde(spec.rightValue, { topic: `${topic}-right`, part: 'value', registry })
      return new MemoryUnmatchedStore(name, { key, left: value, right })
    }
    case 'suppress':
      return new MemorySuppressStore(name, serdes)
    case 'subscription': {
      const primaryKey = await bindSerde(spec.primaryKey, { topic, part: 'key', registry })
      return new MemorySubscriptionStore<unknown, unknown>(name, {
        foreignKey: key,
        primaryKey,
        subscription: value as never,
      })
    }
    case 'versioned':
      return new MemoryVersionedStore(name, serdes, { ...spec, isLogged: spec.reusesSource !== true })
    case 'stream-buffer':
      return new MemoryStreamBufferStore(name, serdes)
    case 'over':
      return new MemoryOverStore(name, serdes, spec)
    default:
      return unreachable(spec)
  }
}

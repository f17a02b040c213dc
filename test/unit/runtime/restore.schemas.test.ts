import { avro, memoryRegistry, planTopology, string, topology, type SchemaRegistry } from 'millrace'
import { expect, test } from 'vitest'
import { failOnError } from '../../../src/runtime/error-handlers.ts'
import type { AdminPort, KafkaPort } from '../../../src/runtime/port.ts'
import type { CollectedRecord } from '../../../src/runtime/record-collector.ts'
import { restoreTask } from '../../../src/runtime/restore.ts'
import { createTask } from '../../../src/runtime/create-task.ts'
import type { Task } from '../../../src/runtime/task.ts'
import type { KeyValueStore } from '../../../src/state/key-value-store.ts'
import { TaskMetrics } from '../../../src/telemetry/task-metrics.ts'
import { memoryBatch } from '../../../src/testing/memory-batch.ts'
import { inBytes } from '../../support/in-bytes.ts'

const id = { subtopology: 0, partition: 0 }
const before = { type: 'record', name: 'Card', fields: [{ name: 'holder', type: 'string' }] } as const
const after = {
  ...before,
  fields: [...before.fields, { name: 'limit', type: 'int', default: 100 }],
} as const

async function cardsTask(schema: object, registry: SchemaRegistry, written: CollectedRecord[]): Promise<Task> {
  const cards = topology('cards', (builder) => {
    builder.table('cards', { key: string(), value: avro<{ holder: string }>(schema as never), store: 'cards' })
  })
  const { applicationId, subtopologies } = planTopology(cards, { applicationId: 'cards' })
  const collector = { partitionCount: () => 1, send: (record: CollectedRecord) => void written.push(record) }
  return createTask({
    id,
    subtopology: subtopologies[0]!,
    applicationId,
    registry,
    collector,
    handlers: failOnError,
    deadLetterTopic: null,
    metrics: new TaskMetrics('0_0'),
    clock: { now: () => 0, setTimer: () => ({ cancel: () => {} }) },
  })
}

test('state written with an older schema is restored by a newer one', async () => {
  const registry = memoryRegistry()
  const written: CollectedRecord[] = []
  const old = await cardsTask(before, registry, written)
  const oldStore = old.stores.get('cards')!.store as KeyValueStore<string, object>
  oldStore.put('a', { holder: 'Ada' }, 5)
  old.flushStores()

  const fresh = await cardsTask(after, registry, [])
  const log = written.map((record, offset) => ({ ...inBytes(record), offset }))
  const admin = { offsets: async () => [{ partition: 0, low: 0, high: log.length }] } as Partial<AdminPort> as AdminPort
  const port = {
    restorer: () => ({
      read: async ([range], onBatch) => onBatch(memoryBatch(range!, log)),
      close: async () => {},
    }),
  } as Partial<KafkaPort> as KafkaPort
  const options = { port, admin, clientId: 'test', groupId: 'test', fetchMaxBytes: 1_000, onRestored: () => {} }

  expect(await restoreTask(fresh, new TaskMetrics('0_0'), new AbortController().signal, options)).toBe(true)
  const store = fresh.stores.get('cards')!.store as KeyValueStore<string, object>
  expect({ ...store.get('a')!.value }).toEqual({ holder: 'Ada', limit: 100 })
})

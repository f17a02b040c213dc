import { expect, test } from 'vitest'
import type { BatchObservableCallback, Meter, Observable } from '@opentelemetry/api'
import { snapshotMetrics } from '../../../src/telemetry/metrics-snapshot.ts'
import { exportMetrics } from '../../../src/telemetry/open-telemetry.ts'
import { MetricsRegistry } from '../../../src/telemetry/task-metrics.ts'

function counted(): MetricsRegistry {
  const registry = new MetricsRegistry()
  const first = registry.of({ subtopology: 0, partition: 1 })
  first.recordsIn += 3
  first.countDropped('late')
  first.countDropped('late')
  first.countError('decode', 'continue')
  registry.of({ subtopology: 0, partition: 0 }).recordsIn += 4
  return registry
}

test('a task that comes back goes on with its counters', () => {
  const registry = counted()
  expect(registry.of({ subtopology: 0, partition: 1 }).recordsIn).toBe(3)
})

test('a snapshot sums the tasks, in the order of their names, and does not move afterwards', () => {
  const registry = counted()
  const snapshot = snapshotMetrics(registry)
  registry.of({ subtopology: 0, partition: 1 }).recordsIn += 100
  expect(snapshot).toMatchObject({ recordsIn: 7, droppedRecords: 2 })
  expect(snapshot.tasks.map((task) => task.taskId)).toEqual(['0_0', '0_1'])
  expect(snapshot.tasks[1]).toMatchObject({ dropped: { late: 2 }, errors: { 'decode:continue': 1 } })
})

test('counters are read when OpenTelemetry collects, and no more after the export has ended', () => {
  const callbacks = new Set<BatchObservableCallback>()
  const names = new Map<Observable, string>()
  const meter = {
    createObservableCounter(name: string) {
      const observable = { addCallback() {}, removeCallback() {} }
      names.set(observable, name)
      return observable
    },
    addBatchObservableCallback: (callback: BatchObservableCallback) => void callbacks.add(callback),
    removeBatchObservableCallback: (callback: BatchObservableCallback) => void callbacks.delete(callback),
  } as unknown as Meter
  const registry = counted()
  const stop = exportMetrics('orders', () => snapshotMetrics(registry), meter)
  registry.of({ subtopology: 0, partition: 1 }).recordsIn += 10
  const seen: string[] = []
  for (const callback of callbacks) {
    void callback({
      observe: (metric, value, attributes) =>
        void seen.push(`${names.get(metric)} ${value} ${JSON.stringify(attributes)}`),
    })
  }
  expect(seen).toContain('millrace.records.in 13 {"millrace.application.id":"orders","millrace.task.id":"0_1"}')
  expect(seen).toContain(
    'millrace.records.dropped 2 {"millrace.application.id":"orders","millrace.task.id":"0_1","millrace.reason":"late"}',
  )
  stop()
  expect(callbacks.size).toBe(0)
})

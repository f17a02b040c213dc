import { metrics } from '@opentelemetry/api'
import type { Attributes, BatchObservableResult, Meter, Observable } from '@opentelemetry/api'
import type { AppMetrics, TaskMetricsSnapshot } from './metrics-snapshot.ts'

interface Instrument {
  readonly observable: Observable
  observe(result: BatchObservableResult, task: TaskMetricsSnapshot, attributes: Attributes): void
}

type Total = 'recordsIn' | 'recordsOut' | 'commits' | 'restoredRecords'

const totals: readonly (readonly [name: string, field: Total, unit: string, description: string])[] = [
  ['millrace.records.in', 'recordsIn', '{record}', 'Records taken from input topics'],
  ['millrace.records.out', 'recordsOut', '{record}', 'Records handed to the producer'],
  ['millrace.commits', 'commits', '{commit}', 'Commits that covered the task'],
  ['millrace.records.restored', 'restoredRecords', '{record}', 'Changelog records read back into stores'],
]

/**
 * Offers an app's counters to OpenTelemetry, one series per task. They are read when the SDK collects, so that records
 * cost nothing; without an SDK the API does nothing at all.
 *
 * @returns stops the export
 */
export function exportMetrics(
  applicationId: string,
  read: () => AppMetrics,
  meter: Meter = metrics.getMeter('millrace'),
): () => void {
  const instruments = [...totals.map((total) => totalOf(meter, total)), droppedOf(meter), errorsOf(meter)]
  const observables = instruments.map((instrument) => instrument.observable)
  const collect = (result: BatchObservableResult): void => {
    for (const task of read().tasks) {
      const attributes = { 'millrace.application.id': applicationId, 'millrace.task.id': task.taskId }
      for (const instrument of instruments) instrument.observe(result, task, attributes)
    }
  }
  meter.addBatchObservableCallback(collect, observables)
  return () => meter.removeBatchObservableCallback(collect, observables)
}

function totalOf(meter: Meter, [name, field, unit, description]: (typeof totals)[number]): Instrument {
  const observable = meter.createObservableCounter(name, { unit, description })
  return { observable, observe: (result, task, attributes) => result.observe(observable, task[field], attributes) }
}

function droppedOf(meter: Meter): Instrument {
  const observable = meter.createObservableCounter('millrace.records.dropped', {
    unit: '{record}',
    description: 'Records left out by an operator, by reason',
  })
  return {
    observable,
    observe(result, task, attributes) {
      for (const [reason, count] of Object.entries(task.dropped)) {
        result.observe(observable, count, { ...attributes, 'millrace.reason': reason })
      }
    },
  }
}

function errorsOf(meter: Meter): Instrument {
  const observable = meter.createObservableCounter('millrace.records.failed', {
    unit: '{record}',
    description: "Records that failed, by stage and by the handler's answer",
  })
  return {
    observable,
    observe(result, task, attributes) {
      for (const [name, count] of Object.entries(task.errors)) {
        const [stage, answer] = name.split(':')
        result.observe(observable, count, { ...attributes, 'millrace.stage': stage, 'millrace.answer': answer })
      }
    },
  }
}

import { describe, expect, test } from 'vitest'
import type { TopicPartition } from '../../../src/core/topic-partition.ts'
import { TaskReadiness } from '../../../src/runtime/readiness.ts'
import type { SchedulableTask } from '../../../src/runtime/readiness.ts'
import { processInTimeOrder } from '../../../src/runtime/scheduler.ts'

/** A task on queues of timestamps. */
class QueueTask implements SchedulableTask {
  readonly id: { readonly subtopology: number; readonly partition: number }
  readonly queues: Map<string, number[]>
  readonly #log: string[]

  constructor(partition: number, queues: Record<string, number[]>, log: string[] = []) {
    this.id = { subtopology: 0, partition }
    this.queues = new Map(Object.entries(queues))
    this.#log = log
  }

  get bufferedTotal(): number {
    return [...this.queues.values()].reduce((sum, queue) => sum + queue.length, 0)
  }

  nextTimestamp(): number | undefined {
    const heads = [...this.queues.values()].flatMap((queue) => queue.slice(0, 1))
    return heads.length === 0 ? undefined : Math.min(...heads)
  }

  emptyInputs(): readonly TopicPartition[] {
    return [...this.queues]
      .filter(([, queue]) => queue.length === 0)
      .map(([topic]) => ({ topic, partition: this.id.partition }))
  }

  process(): void {
    const timestamp = this.nextTimestamp()
    const [topic, queue] = [...this.queues].find(([, [head]]) => head === timestamp)!
    queue.shift()
    this.#log.push(`${topic}-${this.id.partition}@${timestamp}`)
  }
}

/** What the consumer knows, by topic: [position, high watermark]. */
function progress(known: Record<string, readonly [number | undefined, number | undefined]>): {
  position(tp: TopicPartition): number | undefined
  highWatermark(tp: TopicPartition): number | undefined
} {
  return { position: ({ topic }) => known[topic]?.[0], highWatermark: ({ topic }) => known[topic]?.[1] }
}

describe('with maxTaskIdleMs 0', () => {
  const ready = (queues: Record<string, number[]>, known: Parameters<typeof progress>[0]): boolean =>
    new TaskReadiness(new QueueTask(0, queues), progress(known), 0).ready(0)

  test('a task with records on every input is ready, whatever the broker holds', () => {
    expect(ready({ a: [1], b: [2] }, {})).toBe(true)
  })
  test('it waits for an empty input that was never fetched', () => {
    expect(ready({ a: [1], b: [] }, {})).toBe(false)
    expect(ready({ a: [1], b: [] }, { b: [undefined, 5] })).toBe(false)
    expect(ready({ a: [1], b: [] }, { b: [5, undefined] })).toBe(false)
  })
  test('it waits for an empty input of which the broker holds more', () => {
    expect(ready({ a: [1], b: [] }, { b: [4, 5] })).toBe(false)
  })
  test('it goes on at once without an input that is empty on the broker too', () => {
    expect(ready({ a: [1], b: [] }, { b: [5, 5] })).toBe(true)
    expect(ready({ a: [1], b: [] }, { b: [0, 0] })).toBe(true)
  })
  test('one of several empty inputs is enough to wait', () => {
    expect(ready({ a: [1], b: [], c: [] }, { b: [5, 5], c: [4, 5] })).toBe(false)
  })
  test('a task without any record is not ready', () => {
    expect(ready({ a: [], b: [] }, { a: [5, 5], b: [5, 5] })).toBe(false)
  })
})

describe('with maxTaskIdleMs 100', () => {
  test('an input that is empty on the broker is waited for until its time is over', () => {
    const readiness = new TaskReadiness(new QueueTask(0, { a: [1], b: [] }), progress({ b: [5, 5] }), 100)
    expect(readiness.ready(1_000)).toBe(false)
    expect(readiness.nextDeadlineMs).toBe(1_100)
    expect(readiness.ready(1_099)).toBe(false)
    expect(readiness.ready(1_100)).toBe(true)
  })

  test('data on the broker, and data that came, start the waiting anew', () => {
    const known: Record<string, readonly [number, number]> = { b: [5, 5] }
    const task = new QueueTask(0, { a: [1], b: [] })
    const readiness = new TaskReadiness(task, progress(known), 100)
    expect(readiness.ready(0)).toBe(false)
    known['b'] = [5, 6]
    expect(readiness.ready(100)).toBe(false)
    known['b'] = [6, 6]
    expect(readiness.ready(150)).toBe(false)
    expect(readiness.ready(249)).toBe(false)
    task.queues.get('b')!.push(3)
    expect(readiness.ready(249)).toBe(true)
    task.queues.get('b')!.pop()
    expect(readiness.ready(250)).toBe(false)
    expect(readiness.ready(350)).toBe(true)
  })
})

describe('across tasks', () => {
  test('the smallest timestamp of all ready tasks goes first, of equal ones the first task', () => {
    const log: string[] = []
    const tasks = [
      new QueueTask(0, { a: [1, 4, 9] }, log),
      new QueueTask(1, { a: [2, 3, 4] }, log),
      new QueueTask(2, { a: [5] }, log),
    ]
    const scheduled = tasks.map((task) => ({ task, readiness: new TaskReadiness(task, progress({}), 0) }))
    expect(processInTimeOrder(scheduled, 100, 0)).toBe(7)
    expect(log).toEqual(['a-0@1', 'a-1@2', 'a-1@3', 'a-0@4', 'a-1@4', 'a-2@5', 'a-0@9'])
  })

  test('a task that runs out of an input that the broker holds more of stops, the others go on', () => {
    const log: string[] = []
    const first = new QueueTask(0, { a: [1, 8], b: [2] }, log)
    const second = new QueueTask(1, { c: [5, 6] }, log)
    const known = progress({ b: [1, 2] })
    const scheduled = [first, second].map((task) => ({ task, readiness: new TaskReadiness(task, known, 0) }))
    expect(processInTimeOrder(scheduled, 100, 0)).toBe(4)
    expect(log).toEqual(['a-0@1', 'b-0@2', 'c-1@5', 'c-1@6'])
  })

  test('no more than the allowed number is processed', () => {
    const task = new QueueTask(0, { a: [1, 2, 3, 4] })
    const scheduled = [{ task, readiness: new TaskReadiness(task, progress({}), 0) }]
    expect(processInTimeOrder(scheduled, 3, 0)).toBe(3)
    expect(task.bufferedTotal).toBe(1)
  })
})

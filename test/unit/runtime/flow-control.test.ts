import { expect, test } from 'vitest'
import type { TopicPartition } from '../../../src/core/topic-partition.ts'
import { FlowControl } from '../../../src/runtime/flow-control.ts'
import type { ConsumerPort } from '../../../src/runtime/port.ts'
import type { RuntimeTask } from '../../../src/runtime/runtime-task.ts'

const a0 = { topic: 'a', partition: 0 }

function setUp(): { flow: FlowControl; log: string[]; task: RuntimeTask; buffered: { count: number } } {
  const log: string[] = []
  const buffered = { count: 0 }
  const note = (what: string) => (partitions: readonly TopicPartition[]) =>
    void log.push(...partitions.map(({ topic }) => `${what} ${topic}`))
  const consumer = { pause: note('pause'), resume: note('resume') } as unknown as ConsumerPort
  const task = { bufferedCount: () => buffered.count } as unknown as RuntimeTask
  return { flow: new FlowControl(consumer, 10), log, task, buffered }
}

test('pauses above the limit, once, and resumes at half of it', () => {
  const { flow, log, task, buffered } = setUp()
  for (buffered.count = 9; buffered.count <= 13; buffered.count++) flow.enqueued(task, a0)
  expect(log).toEqual(['pause a'])
  for (buffered.count = 9; buffered.count >= 3; buffered.count--) flow.relieve()
  expect(log).toEqual(['pause a', 'resume a'])
})

test('a partition that came back with a rebalance is paused again', () => {
  const { flow, log, task, buffered } = setUp()
  buffered.count = 11
  flow.enqueued(task, a0)
  flow.forget([a0])
  flow.enqueued(task, a0)
  expect(log).toEqual(['pause a', 'pause a'])
})

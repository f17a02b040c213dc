import { describe, expect, test } from 'vitest'
import type { TopicPartition } from '../../../src/core/topic-partition.ts'
import {
  consumerOptions,
  createTopic,
  hearing,
  numbered,
  outgoing,
  pollUntil,
  producerOptions,
  unique,
  write,
  type PortUnderTest,
} from './port-under-test.ts'

type Position = TopicPartition & { readonly offset: number; readonly leaderEpoch?: number }

/** What the epoch of a position says of the log; every broker can be asked. */
export function truncationPromises(under: () => PortUnderTest): void {
  const commit = async (groupId: string, position: Position): Promise<void> => {
    const transactionalId = unique('transactional')
    const options = { ...producerOptions(), transactionalId, transactionTimeoutMs: 10_000 }
    const producer = under().port.transactionalProducer!(options)
    await producer.connect()
    producer.begin()
    await producer.sendOffsets([position], { groupId, memberId: '', generationId: -1, groupInstanceId: null })
    await producer.commit()
    await producer.close()
  }

  const failureFrom = async (position: Position): Promise<unknown> => {
    const groupId = unique('group')
    await commit(groupId, position)
    const consumer = under().port.consumer(consumerOptions({ groupId, readCommitted: true }))
    await consumer.subscribe([position.topic], hearing())
    const failure = await pollUntil(consumer, () => false).catch((error: unknown) => error)
    await consumer.close()
    return failure
  }

  describe('a log that is not the one that was read', () => {
    test('C17 is told by the epoch of a committed position: where that ends, or that there is none', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 3))
      const facts = { topic, partition: 0 }
      expect(await failureFrom({ ...facts, offset: 10, leaderEpoch: 0 })).toMatchObject({
        code: 'MILLRACE_LOG_TRUNCATED',
        ...facts,
        offset: 10,
        message: expect.stringMatching(/epoch 0 of the log ends at offset 3/),
      })
      expect(await failureFrom({ ...facts, offset: 2, leaderEpoch: 7 })).toMatchObject({
        code: 'MILLRACE_LOG_TRUNCATED',
        ...facts,
        offset: 2,
        message: expect.stringMatching(/does not know the epoch 7/),
      })
      expect(await failureFrom({ ...facts, offset: 10 })).toMatchObject({
        code: 'MILLRACE_OFFSET_OUT_OF_RANGE',
        offset: 10,
      })
    })

    test('C18 knows the epoch of what it has read, and of what the next run begins at', async () => {
      const topic = await createTopic(under(), 1)
      const at = (offset: number): Position => ({ topic, partition: 0, offset })
      await write(under(), numbered(topic, 0, 3))
      const groupId = unique('group')
      const first = under().port.consumer(consumerOptions({ groupId }))
      await first.subscribe([topic], hearing())
      expect(first.leaderEpochAt(at(3))).toBeUndefined()
      await pollUntil(first, (seen) => seen.length === 3)
      expect([0, 1, 3, 4].map((offset) => first.leaderEpochAt(at(offset)))).toEqual([undefined, 0, 0, undefined])
      await first.commit([at(2)])
      await first.close()
      const second = under().port.consumer(consumerOptions({ groupId }))
      await second.subscribe([topic], hearing())
      await pollUntil(second, (seen) => seen.length === 1)
      expect(second.leaderEpochAt(at(2))).toBe(0)
      await second.close()
    })
  })
}

/** Of the embedded broker alone: one node of Apache Kafka elects no unclean leader, so that its logs keep their ends. */
export function cutLogPromise(under: () => PortUnderTest): void {
  test('C17 a log that lost its end and was written anew is told of while it is read', async () => {
    const topic = await createTopic(under(), 1)
    const values = (count: number, prefix: string): ReturnType<typeof outgoing>[] =>
      Array.from({ length: count }, (_, i) => outgoing(topic, 0, `${prefix}${i}`))
    for (const value of values(10, 'old')) await write(under(), [value])
    const join = async (outOfRange: 'error' | 'earliest') => {
      const consumer = under().port.consumer(consumerOptions({ outOfRange: () => outOfRange }))
      await consumer.subscribe([topic], hearing())
      await pollUntil(consumer, (seen) => seen.length === 10)
      return consumer
    }
    const [fails, goesOn] = [await join('error'), await join('earliest')]
    await under().truncate!({ topic, partition: 0, offset: 5 })
    await write(under(), values(10, 'new'))
    await expect(pollUntil(fails, () => false)).rejects.toMatchObject({
      code: 'MILLRACE_LOG_TRUNCATED',
      topic,
      partition: 0,
      offset: 10,
      message: expect.stringMatching(/epoch 0 of the log ends at offset 5/),
    })
    const seen = await pollUntil(goesOn, (all) => all.length === 10)
    expect(seen.map(({ offset, value }) => [offset, value])).toEqual(
      values(10, 'new').map((_, i) => [5 + i, `new${i}`]),
    )
    await Promise.all([fails.close(), goesOn.close()])
  })
}

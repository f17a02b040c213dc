import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AdminPort, RestorePort } from '../../../src/runtime/port.ts'
import {
  createTopic,
  hangMs,
  numbered,
  outgoing,
  producerOptions,
  seenIn,
  unique,
  write,
  type PortUnderTest,
  type Seen,
} from './port-under-test.ts'

const compacted = {
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0.001',
  'segment.ms': '50',
  'delete.retention.ms': '1',
  'min.compaction.lag.ms': '0',
  // Segments are rolled by the time in the records: without this ours would all be of one moment.
  'message.timestamp.type': 'LogAppendTime',
}

export function restorePromises(under: () => PortUnderTest): void {
  describe('restorer', () => {
    let admin: AdminPort
    let restorer: RestorePort

    beforeEach(async () => {
      admin = under().port.admin()
      await admin.connect()
      restorer = under().port.restorer({ clientId: 'restore', fetchMaxBytes: 1_000_000 })
    })

    afterEach(async () => {
      await restorer.close()
      await admin.close()
    })

    const read = async (
      topic: string,
      ranges: readonly (readonly [partition: number, from: number, end: number])[],
    ): Promise<Seen[]> => {
      const seen: Seen[] = []
      const wanted = ranges.map(([partition, from, end]) => ({ topic, partition, from, end }))
      await restorer.read(wanted, (batch) => seen.push(...seenIn(batch)), AbortSignal.timeout(hangMs))
      return seen
    }

    test('R1 reads exactly the ranges, each in order', async () => {
      const topic = await createTopic(under(), 3)
      await write(
        under(),
        [0, 1, 2].flatMap((partition) => numbered(topic, partition, 3_000)),
      )
      const seen = await read(topic, [
        [0, 0, 3_000],
        [1, 100, 2_500],
        [2, 5, 5],
      ])
      const offsets = (partition: number): number[] =>
        seen.filter((one) => one.partition === partition).map(({ offset }) => offset)
      expect(offsets(0)).toEqual(Array.from({ length: 3_000 }, (_, i) => i))
      expect(offsets(1)).toEqual(Array.from({ length: 2_400 }, (_, i) => 100 + i))
      expect(offsets(2)).toEqual([])
    })

    test('is done when the log ends in a control record', async () => {
      const topic = await createTopic(under(), 1)
      await under().writeTransaction({ topic, partition: 0 }, ['a', 'b'], 'commit')
      await under().writeTransaction({ topic, partition: 0 }, ['never'], 'abort')
      // The broker answers the end of a transaction before its marker is in the log (KIP-98, 4.2): wait for the fifth offset.
      const end = async (): Promise<number> => (await admin.offsets(topic))[0]!.high
      await expect.poll(end, { timeout: hangMs }).toBe(5)
      expect((await read(topic, [[0, 0, 5]])).map(({ value }) => value)).toEqual(['a', 'b'])
    })

    test('is done when the last offsets of the range were compacted away', async () => {
      const topic = await createTopic(under(), 1, compacted)
      for (let round = 0; round < 6; round++) {
        await write(
          under(),
          Array.from({ length: 20 }, (_, i) => outgoing(topic, 0, `${round}-${i}`, 'one-key')),
        )
      }
      const deadline = performance.now() + hangMs
      let seen = await read(topic, [[0, 0, 120]])
      while (seen.length > 60 && performance.now() < deadline) {
        // A segment is rolled by the next write after its time; only rolled ones are compacted.
        await new Promise((resolve) => setTimeout(resolve, 300))
        await write(under(), [outgoing(topic, 0, 'nudge', 'another-key')])
        seen = await read(topic, [[0, 0, 120]])
      }
      expect(seen.length).toBeLessThanOrEqual(60)
      const present = new Set(seen.map(({ offset }) => offset))
      const gap = Array.from({ length: 119 }, (_, i) => i + 1).find((offset) => !present.has(offset))!
      expect((await read(topic, [[0, 0, gap + 1]])).every(({ offset }) => offset <= gap)).toBe(true)
    })

    test('is done with an empty log whose end is not zero', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 10))
      await admin.deleteRecords([{ topic, partition: 0, offset: 10 }])
      expect(await read(topic, [[0, 0, 10]])).toEqual([])
    })

    test('says so when a range that begins in the middle is no longer there', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 10))
      await admin.deleteRecords([{ topic, partition: 0, offset: 8 }])
      await expect(read(topic, [[0, 3, 10]])).rejects.toMatchObject({
        code: 'MILLRACE_OFFSET_OUT_OF_RANGE',
        topic,
        partition: 0,
        offset: 3,
      })
    })

    test('stops when it is aborted, while a transaction holds up the end of the range', async () => {
      const topic = await createTopic(under(), 1)
      const options = { ...producerOptions(), transactionalId: unique('transactional'), transactionTimeoutMs: 30_000 }
      const producer = under().port.transactionalProducer!(options)
      await producer.connect()
      producer.begin()
      producer.send(outgoing(topic, 0, 'open'), () => {})
      await producer.flush()
      const stop = new AbortController()
      const reading = restorer.read([{ topic, partition: 0, from: 0, end: 1 }], () => {}, stop.signal)
      setTimeout(() => stop.abort(new Error('enough')), 600)
      await expect(reading).rejects.toThrow('enough')
      await producer.close()
    })

    test('lets an error of its reader through', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 3))
      const reading = restorer.read(
        [{ topic, partition: 0, from: 0, end: 3 }],
        () => {
          throw new Error('the store is full')
        },
        AbortSignal.timeout(hangMs),
      )
      await expect(reading).rejects.toThrow('the store is full')
    })
  })
}

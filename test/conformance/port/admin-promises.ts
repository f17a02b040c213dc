import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AdminPort } from '../../../src/runtime/port.ts'
import { createTopic, hangMs, numbered, unique, write, type PortUnderTest } from './port-under-test.ts'

export function adminPromises(under: () => PortUnderTest): void {
  describe('admin', () => {
    let admin: AdminPort

    beforeEach(async () => {
      admin = under().port.admin()
      await admin.connect()
    })

    afterEach(() => admin.close())

    test('A1 connecting where no broker is rejects in time, naming the address', async () => {
      const start = performance.now()
      await expect(under().nowhere(1_500).admin().connect()).rejects.toMatchObject({
        code: 'MILLRACE_BROKER_UNREACHABLE',
        message: expect.stringMatching(/127\.0\.0\.1:\d+/),
        retriable: true,
      })
      expect(performance.now() - start).toBeLessThan(hangMs)
    })

    test('A2 a topic that was created can be written and read at once, and creating it again changes nothing', async () => {
      for (let i = 0; i < 5; i++) {
        const topic = await createTopic(under(), 4)
        await write(under(), numbered(topic, 3, 10))
        await admin.createTopics([{ topic, partitionCount: 9, replicationFactor: 1, configs: {} }])
        expect(await admin.partitionCounts([topic])).toEqual(new Map([[topic, 4]]))
        expect((await admin.offsets(topic)).map(({ high }) => high)).toEqual([0, 0, 0, 10])
      }
    })

    test("A2 creates the new ones among those that exist, with the broker's replication", async () => {
      const old = await createTopic(under(), 1)
      const fresh = unique('fresh')
      const topics = [old, fresh].map((topic) => ({ topic, partitionCount: 2, replicationFactor: -1, configs: {} }))
      await admin.createTopics(topics)
      expect(await admin.partitionCounts([old, fresh])).toEqual(
        new Map([
          [old, 1],
          [fresh, 2],
        ]),
      )
    })

    test('A2 a config that the broker refuses is an error that says why', async () => {
      const topic = {
        topic: unique('bad'),
        partitionCount: 1,
        replicationFactor: 1,
        configs: { 'cleanup.policy': 'nonsense' },
      }
      await expect(admin.createTopics([topic])).rejects.toMatchObject({ name: 'BrokerError', retriable: false })
    })

    test('leaves out topics that do not exist', async () => {
      const topic = await createTopic(under(), 2, { 'retention.ms': '1234567' })
      expect(await admin.partitionCounts([unique('missing'), topic])).toEqual(new Map([[topic, 2]]))
      const described = await admin.describeTopics([unique('missing'), topic])
      expect(described.map((one) => [one.topic, one.partitionCount, one.configs['retention.ms']])).toEqual([
        [topic, 2, '1234567'],
      ])
    })

    test('A3 A4 knows first and end offsets, and deletes records below an offset', async () => {
      const topic = await createTopic(under(), 2)
      await write(under(), [...numbered(topic, 0, 10), ...numbered(topic, 1, 4)])
      await admin.deleteRecords([
        { topic, partition: 0, offset: 6 },
        { topic, partition: 1, offset: 4 },
      ])
      expect(await admin.offsets(topic)).toEqual([
        { partition: 0, low: 6, high: 10 },
        { partition: 1, low: 4, high: 4 },
      ])
    })

    test('A3 the offsets of a topic that does not exist are an error that names it', async () => {
      const topic = unique('missing')
      await expect(admin.offsets(topic)).rejects.toMatchObject({ code: 'MILLRACE_TOPIC_MISSING', topic })
    })

    test('a group that never committed has no committed offsets', async () => {
      const topic = await createTopic(under(), 1)
      expect(await admin.committedOffsets(unique('group'), [topic])).toEqual([])
    })

    test('deletes topics, and one that is gone already', async () => {
      const topic = await createTopic(under(), 1)
      await admin.deleteTopics([topic, unique('missing')])
      // The controller has it deleted; the broker that is asked hears of it a little later.
      await expect.poll(() => admin.partitionCounts([topic]), { timeout: hangMs }).toEqual(new Map())
    })
  })
}

import { describe, expect, test } from 'vitest'
import { TaskMigratedError } from '../../../src/core/errors.ts'
import type { ConsumerPort, MemberPlace, RebalanceListener } from '../../../src/runtime/port.ts'
import {
  consumerOptions,
  createTopic,
  hangMs,
  hearing,
  numbered,
  outgoing,
  pollAll,
  pollUntil,
  seenIn,
  unique,
  write,
  type PortUnderTest,
} from './port-under-test.ts'

/** Bounded real waiting: the promise is about time itself. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** No shorter: both sides are in one process, which a busy machine may leave standing for a second or two. */
const shortSessionMs = 4_000
const shortSession = { sessionTimeoutMs: shortSessionMs, heartbeatIntervalMs: 100 }

const placesOf = (members: readonly MemberPlace[]): string =>
  members
    .map(({ address, partitions }) => {
      const numbers = partitions.map(({ partition }) => String(partition))
      return `${address ?? 'nowhere'} owns ${numbers.toSorted().join(',')}`
    })
    .toSorted()
    .join('; ')

export function consumerPromises(under: () => PortUnderTest): void {
  const started = async (
    topics: readonly string[],
    listener: RebalanceListener,
    overrides: Parameters<typeof consumerOptions>[0] = {},
  ): Promise<ConsumerPort> => {
    const consumer = under().port.consumer(consumerOptions(overrides))
    await consumer.subscribe(topics, listener)
    return consumer
  }
  const committed = async (
    groupId: string,
    topic: string,
  ): Promise<readonly { partition: number; offset: number }[]> => {
    const admin = under().port.admin()
    await admin.connect()
    const offsets = await admin.committedOffsets(groupId, [topic])
    await admin.close()
    return offsets.map(({ partition, offset }) => ({ partition, offset }))
  }

  describe('consumer', () => {
    test('C1 tells the assignment before the first record of it is handed out', async () => {
      const topic = await createTopic(under(), 2)
      await write(under(), [...numbered(topic, 0, 5), ...numbered(topic, 1, 5)])
      const order: string[] = []
      const listener = hearing({
        onAssigned: async () => {
          await pause(300)
          order.push('assigned')
        },
      })
      const consumer = await started([topic], listener)
      await pollUntil(consumer, (seen) => {
        if (seen.length > 0) order.push('record')
        return seen.length === 10
      })
      expect(order[0]).toBe('assigned')
      expect(listener.heard).toEqual([
        [
          'assigned',
          [
            { topic, partition: 0 },
            { topic, partition: 1 },
          ],
        ],
      ])
      await consumer.close()
    })

    test('C1 C5 keeps the partitions through an onAssigned that lasts longer than the session', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 3))
      const listener = hearing({ onAssigned: () => pause(1.3 * shortSessionMs) })
      const consumer = await started([topic], listener, shortSession)
      const seen = await pollUntil(consumer, (all) => all.length === 3)
      await consumer.commit([{ topic, partition: 0, offset: seen.length }])
      expect(listener.heard.map(([what]) => what)).toEqual(['assigned'])
      await consumer.close()
    })

    test('keeps the partitions while nobody polls for longer than the session', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 3))
      const listener = hearing()
      const consumer = await started([topic], listener, shortSession)
      await pollUntil(consumer, (all) => all.length === 3)
      consumer.pause([{ topic, partition: 0 }])
      await pause(1.3 * shortSessionMs)
      await consumer.commit([{ topic, partition: 0, offset: 3 }])
      await consumer.poll(0)
      expect(listener.heard.map(([what]) => what)).toEqual(['assigned'])
      await consumer.close()
    })

    test('C2 commits made in onRevoked count, and the next owner goes on behind them', async () => {
      const topic = await createTopic(under(), 2)
      await write(under(), [...numbered(topic, 0, 200), ...numbered(topic, 1, 200)])
      const groupId = unique('group')
      const join = async (): Promise<[ConsumerPort, ReturnType<typeof hearing>]> => {
        const consumer = under().port.consumer(consumerOptions({ groupId, bufferedRecordsPerPartitionMax: 20 }))
        const listener = hearing({
          onRevoked: (partitions) =>
            consumer.commit(partitions.map((tp) => ({ ...tp, offset: consumer.position(tp)! }))),
        })
        await consumer.subscribe([topic], listener)
        return [consumer, listener]
      }
      const [first, firstHeard] = await join()
      const before = await pollUntil(first, (seen) => seen.length >= 100)
      const [second] = await join()
      const revoked = (): boolean => firstHeard.heard.some(([what]) => what === 'revoked')
      const after = await pollAll([first, second], (seen) => before.length + seen.length >= 400 && revoked())
      const offsets = [...before, ...after].map(({ partition, offset }) => `${partition}:${offset}`)
      expect(new Set(offsets).size).toBe(400)
      expect(offsets.length).toBe(400)
      expect(firstHeard.heard.filter(([what]) => what === 'revoked').map(([, gone]) => gone.length)).toEqual([1])
      await Promise.all([first.close(), second.close()])
    })

    test('C3 C9 a member whose session expired hears onLost, and its commit is refused', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 3))
      const groupId = unique('group')
      const listener = hearing()
      // No heartbeat at all: the broker drops the member.
      const silent = { groupId, sessionTimeoutMs: 600, heartbeatIntervalMs: 10 * hangMs }
      const consumer = await started([topic], listener, silent)
      await pollUntil(consumer, (seen) => seen.length === 3)
      await pause(1_500)
      await expect(consumer.commit([{ topic, partition: 0, offset: 3 }])).rejects.toThrow(TaskMigratedError)
      expect(await committed(groupId, topic)).toEqual([])
      const again = await pollUntil(consumer, (seen) => seen.length === 3)
      expect(again.map(({ offset }) => offset)).toEqual([0, 1, 2])
      expect(listener.heard.map(([what]) => what)).toEqual(['assigned', 'lost', 'assigned'])
      await consumer.close()
    })

    test('C4 hands out every record once and in order, more than the buffer holds', async () => {
      const topic = await createTopic(under(), 3)
      await write(
        under(),
        [0, 1, 2].flatMap((partition) => numbered(topic, partition, 4_000)),
      )
      const consumer = await started([topic], hearing(), { bufferedRecordsPerPartitionMax: 50, fetchMaxBytes: 20_000 })
      const seen = await pollUntil(consumer, (all) => all.length >= 12_000)
      for (const partition of [0, 1, 2]) {
        const offsets = seen.filter((one) => one.partition === partition).map(({ offset }) => offset)
        expect(offsets).toEqual(Array.from({ length: 4_000 }, (_, i) => i))
      }
      await consumer.close()
    })

    test('C4 gives keys, nulls, timestamps and headers as they were written, in the order of the wire', async () => {
      const topic = await createTopic(under(), 1)
      const headers = [
        ['b', Buffer.from('1')],
        ['a', null],
        ['b', Buffer.from('2')],
        ['empty', Buffer.alloc(0)],
      ] as const
      const record = { ...outgoing(topic, 0, null, 'k'), timestamp: 1_234_567_890_123, headers }
      await write(under(), [record, { ...outgoing(topic, 0, ''), timestamp: 5 }])
      const consumer = await started([topic], hearing())
      let batch = (await consumer.poll(200))[0]
      for (let i = 0; i < 50 && batch === undefined; i++) batch = (await consumer.poll(200))[0]
      expect(Buffer.from(batch!.keyAt(0)!).toString()).toBe('k')
      expect(batch!.valueAt(0)).toBeNull()
      expect(batch!.timestampAt(0)).toBe(1_234_567_890_123)
      expect(batch!.headersAt(0).map(([name, value]) => [name, value && Buffer.from(value).toString()])).toEqual([
        ['b', '1'],
        ['a', null],
        ['b', '2'],
        ['empty', ''],
      ])
      expect([batch!.keyAt(1), batch!.valueAt(1)!.length, batch!.timestampAt(1)]).toEqual([null, 0, 5])
      await consumer.close()
    })

    test('C4 waits no longer than it was told when nothing comes', async () => {
      const topic = await createTopic(under(), 1)
      const consumer = await started([topic], hearing())
      await pollUntil(consumer, () => consumer.highWatermark({ topic, partition: 0 }) !== undefined)
      const start = performance.now()
      expect(await consumer.poll(150)).toEqual([])
      expect(performance.now() - start).toBeGreaterThan(140)
      expect(performance.now() - start).toBeLessThan(hangMs)
      await consumer.close()
    })

    test('C5 hands out nothing of a paused partition and everything once it is resumed', async () => {
      const topic = await createTopic(under(), 2)
      await write(under(), [...numbered(topic, 0, 500), ...numbered(topic, 1, 500)])
      const consumer = under().port.consumer(
        consumerOptions({ bufferedRecordsPerPartitionMax: 10, fetchMaxBytes: 5_000 }),
      )
      await consumer.subscribe([topic], hearing({ onAssigned: async () => consumer.pause([{ topic, partition: 0 }]) }))
      const others = await pollUntil(consumer, (seen) => seen.length >= 500)
      expect(others.every(({ partition }) => partition === 1)).toBe(true)
      consumer.resume([{ topic, partition: 0 }])
      const rest = await pollUntil(consumer, (seen) => seen.length >= 500)
      expect(rest.map(({ partition, offset }) => [partition, offset])).toEqual(
        Array.from({ length: 500 }, (_, i) => [0, i]),
      )
      await consumer.close()
    })

    test('C6 stops reading ahead at its bound', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 20_000))
      const consumer = await started([topic], hearing(), { bufferedRecordsPerPartitionMax: 100, fetchMaxBytes: 10_000 })
      const first = await pollUntil(consumer, (seen) => seen.length > 0)
      await pause(500)
      await write(under(), [outgoing(topic, 0, 'last')])
      // What is buffered is handed out in one go; it knows of the record that was just written only by a fetch after that.
      const buffered = (await consumer.poll(0)).flatMap(seenIn)
      expect(first.length + buffered.length).toBeLessThan(20_000)
      await consumer.close()
    })

    test('C7 a committed offset below the log start surfaces from poll, naming the log', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 100))
      const groupId = unique('group')
      const first = await started([topic], hearing(), { groupId })
      await pollUntil(first, (seen) => seen.length === 100)
      await first.commit([{ topic, partition: 0, offset: 10 }])
      await first.close()
      const admin = under().port.admin()
      await admin.deleteRecords([{ topic, partition: 0, offset: 40 }])
      await admin.close()
      const second = await started([topic], hearing(), { groupId })
      await expect(pollUntil(second, () => false)).rejects.toMatchObject({
        code: 'MILLRACE_OFFSET_OUT_OF_RANGE',
        topic,
        partition: 0,
        offset: 10,
        message: expect.stringContaining('[40, 100)'),
      })
      await second.close()
      const third = await started([topic], hearing(), { groupId, outOfRange: () => 'earliest' })
      const seen = await pollUntil(third, (all) => all.length === 60)
      expect(seen[0]!.offset).toBe(40)
      await third.close()
    })

    test('C7 a partition without an offset and without a reset surfaces from poll', async () => {
      const topic = await createTopic(under(), 1)
      const consumer = await started([topic], hearing(), { offsetReset: () => 'none' })
      await expect(pollUntil(consumer, () => false)).rejects.toMatchObject({
        code: 'MILLRACE_OFFSET_OUT_OF_RANGE',
        topic,
        partition: 0,
      })
      await consumer.close()
    })

    test('C7 starts at the end where the reset says latest', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 10))
      const consumer = await started([topic], hearing(), { offsetReset: () => 'latest' })
      await pollUntil(consumer, () => consumer.highWatermark({ topic, partition: 0 }) !== undefined)
      await write(under(), [outgoing(topic, 0, 'new')])
      const seen = await pollUntil(consumer, (all) => all.length > 0)
      expect(seen).toEqual([{ topic, partition: 0, offset: 10, value: 'new' }])
      await consumer.close()
    })

    test('C8 knows the end of an empty partition, and of one that grew', async () => {
      const topic = await createTopic(under(), 2)
      await write(under(), numbered(topic, 1, 7))
      const consumer = await started([topic], hearing())
      expect(consumer.highWatermark({ topic, partition: 0 })).toBeUndefined()
      await pollUntil(
        consumer,
        (seen) => seen.length === 7 && consumer.highWatermark({ topic, partition: 0 }) !== undefined,
      )
      expect(consumer.highWatermark({ topic, partition: 0 })).toBe(0)
      expect(consumer.highWatermark({ topic, partition: 1 })).toBe(7)
      expect(consumer.position({ topic, partition: 1 })).toBe(7)
      consumer.pause([{ topic, partition: 0 }])
      await write(under(), numbered(topic, 0, 3))
      await pollUntil(consumer, () => consumer.highWatermark({ topic, partition: 0 }) === 3)
      expect(consumer.position({ topic, partition: 0 })).toBe(0)
      await consumer.close()
    })

    test('C11 knows when the broker last answered, for a partition that stays empty too', async () => {
      const topic = await createTopic(under(), 1)
      const partition = { topic, partition: 0 }
      const consumer = await started([topic], hearing())
      expect(consumer.fetchedAtMs(partition)).toBeUndefined()
      await pollUntil(consumer, () => consumer.fetchedAtMs(partition) !== undefined)
      const first = consumer.fetchedAtMs(partition)!
      await pollUntil(consumer, () => consumer.fetchedAtMs(partition)! > first)
      await consumer.close()
    })

    test('C9 refuses a commit for a partition that it does not own', async () => {
      const topic = await createTopic(under(), 1)
      const groupId = unique('group')
      const consumer = await started([topic], hearing(), { groupId })
      await pollUntil(consumer, () => consumer.position({ topic, partition: 0 }) !== undefined)
      const offsets = [
        { topic, partition: 0, offset: 0 },
        { topic: 'another', partition: 0, offset: 1 },
      ]
      await expect(consumer.commit(offsets)).rejects.toThrow(TaskMigratedError)
      expect(await committed(groupId, topic)).toEqual([])
      await consumer.commit([{ topic, partition: 0, offset: 0 }])
      expect(await committed(groupId, topic)).toEqual([{ partition: 0, offset: 0 }])
      await consumer.close()
    })

    test('C10 every member knows before onAssigned where all members are and what they own', async () => {
      const topic = await createTopic(under(), 3)
      const groupId = unique('group')
      const known: string[][] = [[], []]
      const join = async (n: 0 | 1, address: string): Promise<ConsumerPort> => {
        const consumer = under().port.consumer(consumerOptions({ groupId, address }))
        expect(consumer.members()).toEqual([])
        await consumer.subscribe(
          [topic],
          hearing({ onAssigned: async () => void known[n]!.push(placesOf(consumer.members())) }),
        )
        return consumer
      }
      const first = await join(0, 'first:1')
      await pollUntil(first, () => known[0]!.length === 1)
      expect(known[0]).toEqual(['first:1 owns 0,1,2'])
      const second = await join(1, 'second:2')
      const all = /^first:1 owns [012,]+; second:2 owns [012,]+$/
      await pollAll([first, second], () => all.test(known[0]!.at(-1)!) && known[1]!.at(-1) === known[0]!.at(-1))
      expect(placesOf(first.members())).toBe(known[0]!.at(-1))
      const owned = first.members().flatMap(({ partitions }) => partitions.map(({ partition }) => partition))
      expect(owned.toSorted((a, b) => a - b)).toEqual([0, 1, 2])
      await Promise.all([first.close(), second.close()])
    })

    test('C10 tells of members without an address too, but nothing when nobody has one', async () => {
      const topic = await createTopic(under(), 2)
      const groupId = unique('group')
      const listeners = [hearing(), hearing()] as const
      const silent = await started([topic], listeners[0], { groupId })
      await pollUntil(silent, () => listeners[0].heard.length === 1)
      expect(silent.members()).toEqual([])
      const other = await started([topic], listeners[1], { groupId, address: 'other:1' })
      const all = /^nowhere owns [01]; other:1 owns [01]$/
      await pollAll([silent, other], () => [silent, other].every((consumer) => all.test(placesOf(consumer.members()))))
      expect(placesOf(other.members())).toBe(placesOf(silent.members()))
      await Promise.all([silent.close(), other.close()])
    })

    test('reads committed records only where asked, and gets past what was aborted at the end', async () => {
      const topic = await createTopic(under(), 1)
      const tp = { topic, partition: 0 }
      await write(under(), [outgoing(topic, 0, 'plain')])
      await under().writeTransaction(tp, ['a1', 'a2'], 'abort')
      await under().writeTransaction(tp, ['c1'], 'commit')
      await under().writeTransaction(tp, ['a3'], 'abort')
      const consumer = await started([topic], hearing(), { readCommitted: true })
      const seen = await pollUntil(consumer, () => consumer.position(tp) === 8)
      expect(seen.map(({ value }) => value)).toEqual(['plain', 'c1'])
      expect(consumer.highWatermark(tp)).toBe(8)
      await consumer.close()
      const uncommitted = await started([topic], hearing(), { readCommitted: false })
      const all = await pollUntil(uncommitted, () => uncommitted.position(tp) === 8)
      expect(all.map(({ value }) => value)).toEqual(['plain', 'a1', 'a2', 'c1', 'a3'])
      await uncommitted.close()
    })

    test('close tells onRevoked once, lets it commit, and frees the partitions at once', async () => {
      const topic = await createTopic(under(), 1)
      await write(under(), numbered(topic, 0, 5))
      const groupId = unique('group')
      const times = { groupId, sessionTimeoutMs: 10 * hangMs, rebalanceTimeoutMs: 10 * hangMs }
      const consumer = under().port.consumer(consumerOptions(times))
      const listener = hearing({ onRevoked: () => consumer.commit([{ topic, partition: 0, offset: 5 }]) })
      await consumer.subscribe([topic], listener)
      await pollUntil(consumer, (seen) => seen.length === 5)
      await Promise.all([consumer.close(), consumer.close()])
      expect(listener.heard.map(([what]) => what)).toEqual(['assigned', 'revoked'])
      expect(await committed(groupId, topic)).toEqual([{ partition: 0, offset: 5 }])
      const next = await started([topic], hearing(), times)
      await pollUntil(next, () => next.position({ topic, partition: 0 }) === 5)
      await next.close()
    })

    test('subscribing to a topic that does not exist says which', async () => {
      const consumer = under().port.consumer(consumerOptions())
      const topic = unique('missing')
      await expect(consumer.subscribe([topic], hearing())).rejects.toMatchObject({
        code: 'MILLRACE_TOPIC_MISSING',
        topic,
      })
      await consumer.close()
    })

    test('subscribing where no broker is says so in time', async () => {
      const consumer = under().nowhere(1_500).consumer(consumerOptions())
      const start = performance.now()
      await expect(consumer.subscribe(['topic'], hearing())).rejects.toMatchObject({
        code: 'MILLRACE_BROKER_UNREACHABLE',
      })
      expect(performance.now() - start).toBeLessThan(hangMs)
    })
  })
}

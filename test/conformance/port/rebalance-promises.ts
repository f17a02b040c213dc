import { describe, expect, test } from 'vitest'
import { TaskMigratedError } from '../../../src/core/errors.ts'
import type { ConsumerOptions, ConsumerPort } from '../../../src/runtime/port.ts'
import {
  consumerOptions,
  createTopic,
  hearing,
  numbered,
  pollAll,
  pollUntil,
  unique,
  write,
  type HeardListener,
  type PortUnderTest,
} from './port-under-test.ts'

interface Member {
  readonly consumer: ConsumerPort
  readonly listener: HeardListener
}

/** Bounded real waiting: the promise is about time itself. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const partitionsHeard = ({ heard }: HeardListener, what: 'assigned' | 'revoked' | 'lost'): readonly number[] =>
  heard
    .filter(([kind]) => kind === what)
    .flatMap(([, partitions]) => partitions.map(({ partition }) => partition))
    .sort((a, b) => a - b)

export function rebalancePromises(under: () => PortUnderTest): void {
  const memberOf = async (
    topic: string,
    options: Partial<ConsumerOptions>,
    during: (consumer: ConsumerPort) => Parameters<typeof hearing>[0] = () => ({}),
  ): Promise<Member> => {
    const consumer = under().port.consumer(consumerOptions(options))
    const listener = hearing(during(consumer))
    await consumer.subscribe([topic], listener)
    return { consumer, listener }
  }

  describe('rebalances', () => {
    test('C13 tell of what moves only, and what stays goes on where it was, paused as it was', async () => {
      const topic = await createTopic(under(), 4)
      const groupId = unique('group')
      const first = await memberOf(topic, { groupId })
      await pollUntil(first.consumer, () => partitionsHeard(first.listener, 'assigned').length === 4)
      first.consumer.pause([0, 1, 2, 3].map((partition) => ({ topic, partition })))
      const second = await memberOf(topic, { groupId })
      await pollAll([first.consumer, second.consumer], () => partitionsHeard(second.listener, 'assigned').length === 2)
      const gone = partitionsHeard(first.listener, 'revoked')
      expect(gone).toEqual(partitionsHeard(second.listener, 'assigned'))
      expect(partitionsHeard(first.listener, 'assigned')).toHaveLength(4)
      await write(
        under(),
        [0, 1, 2, 3].flatMap((partition) => numbered(topic, partition, 3)),
      )
      const theirs = await pollUntil(second.consumer, (seen) => seen.length === 6)
      expect(new Set(theirs.map(({ partition }) => partition))).toEqual(new Set(gone))
      const kept = [0, 1, 2, 3]
        .filter((partition) => !gone.includes(partition))
        .map((partition) => ({ topic, partition }))
      const paused = kept.map((each) => first.consumer.position(each))
      expect(paused).toEqual([0, 0])
      first.consumer.resume(kept)
      await pollUntil(first.consumer, (seen) => seen.length === 6)
      await Promise.all([first.consumer.close(), second.consumer.close()])
    })

    test('C13 records of what is owned are handed out and committed while the group waits for another member', async () => {
      const topic = await createTopic(under(), 4)
      const groupId = unique('group')
      const first = await memberOf(topic, { groupId })
      const second = await memberOf(topic, { groupId })
      const isShared = (): boolean => partitionsHeard(second.listener, 'assigned').length === 2
      await pollAll([first.consumer, second.consumer], isShared)
      // Nobody polls the second one now: the group that forms for the third waits for it.
      const third = await memberOf(topic, { groupId })
      await pollUntil(first.consumer, () => true)
      await pause(1_000)
      await write(
        under(),
        [0, 1, 2, 3].flatMap((partition) => numbered(topic, partition, 5)),
      )
      const seen = await pollUntil(first.consumer, (all) => all.length === 10)
      await first.consumer.commit(
        [...new Set(seen.map(({ partition }) => partition))].map((partition) => ({ topic, partition, offset: 5 })),
      )
      expect(partitionsHeard(third.listener, 'assigned')).toEqual([])
      const all = [first.consumer, second.consumer, third.consumer]
      await pollAll(all, () => partitionsHeard(third.listener, 'assigned').length > 0)
      await Promise.all(all.map((consumer) => consumer.close()))
    })

    test('C2 an onRevoked that outlasts the rebalance time-out ends as lost, its commit is refused and says why', async () => {
      const topic = await createTopic(under(), 2)
      const groupId = unique('group')
      const refusals: unknown[] = []
      // Not less: the members also have to join in that time.
      const timing = { groupId, rebalanceTimeoutMs: 4_000 }
      const slow = await memberOf(topic, timing, (consumer) => ({
        onRevoked: async ([partition]) => {
          await pause(5_000)
          await consumer.commit([{ ...partition!, offset: 0 }]).catch((error: unknown) => refusals.push(error))
        },
      }))
      await pollUntil(slow.consumer, () => partitionsHeard(slow.listener, 'assigned').length === 2)
      const next = await memberOf(topic, timing)
      const isOver = (): boolean => partitionsHeard(slow.listener, 'lost').length > 0
      await pollAll([slow.consumer, next.consumer], isOver)
      expect(partitionsHeard(slow.listener, 'lost')).toEqual([0, 1])
      expect(refusals).toHaveLength(1)
      expect(refusals[0]).toBeInstanceOf(TaskMigratedError)
      expect(String(refusals[0])).toContain('longer than the 4000 ms of rebalanceTimeoutMs')
      await Promise.all([slow.consumer.close(), next.consumer.close()])
    })

    test('C14 a static member that comes back has its partitions without a rebalance', async () => {
      const topic = await createTopic(under(), 2)
      const groupId = unique('group')
      const other = await memberOf(topic, { groupId, groupInstanceId: 'other' })
      const before = await memberOf(topic, { groupId, groupInstanceId: 'one' })
      const { consumer } = before
      await pollAll([other.consumer, consumer], () => partitionsHeard(before.listener, 'assigned').length === 1)
      await consumer.close()
      const heardBefore = other.listener.heard.length
      const after = await memberOf(topic, { groupId, groupInstanceId: 'one' })
      await pollAll([other.consumer, after.consumer], () => partitionsHeard(after.listener, 'assigned').length === 1)
      expect(partitionsHeard(after.listener, 'assigned')).toEqual(partitionsHeard(before.listener, 'assigned'))
      expect(other.listener.heard).toHaveLength(heardBefore)
      await Promise.all([other.consumer.close(), after.consumer.close()])
    })

    test('C14 of two members with the same instance id the older one fails, naming the id', async () => {
      const topic = await createTopic(under(), 1)
      const options = { groupId: unique('group'), groupInstanceId: 'twin' }
      const older = await memberOf(topic, options)
      await pollUntil(older.consumer, () => older.listener.heard.length === 1)
      const younger = await memberOf(topic, options)
      await pollUntil(younger.consumer, () => younger.listener.heard.length === 1)
      await expect(pollUntil(older.consumer, () => false)).rejects.toMatchObject({
        code: 'MILLRACE_INSTANCE_FENCED',
        message: expect.stringContaining("'twin'"),
      })
      expect(partitionsHeard(older.listener, 'lost')).toEqual([0])
      await younger.consumer.poll(0)
      expect(younger.listener.heard.map(([what]) => what)).toEqual(['assigned'])
      await Promise.all([older.consumer.close(), younger.consumer.close()])
    })
  })
}

/* Java's clients, unmodified. What they see is computed in `java/`; here stands what they have to see. */
import { describe, expect, test } from 'vitest'
import type { JavaHost } from '../../support/java-host.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { seenByAdmin, topicConfigNames } from './java-admin-answers.ts'

export function javaSuite(broker: () => BrokerUnderTest, java: () => JavaHost): void {
  const see = (check: string): Promise<unknown> => java().check(check, broker().bootstrap)

  describe("Java's producer and consumer", () => {
    test('records of every codec come back as they were sent', async () => {
      expect(await see('Records.compressions')).toEqual({ none: true, gzip: true, snappy: true, lz4: true, zstd: true })
    })

    test('what a topic does not take, and topics that there are not, are refused by name', async () => {
      expect(await see('Records.refusals')).toEqual({
        'too large': 'RecordTooLargeException',
        'small enough': '0',
        'compacted, without a key': 'InvalidRecordException',
        'in the future': 'InvalidTimestampException',
        'in the past': 'InvalidTimestampException',
        'unknown topic': 'TimeoutException',
        'unknown partition': 'TimeoutException',
        'invalid topic': 'InvalidTopicException',
      })
    })

    test("records have the broker's time where the topic says so", async () => {
      expect(await see('Records.logAppendTime')).toEqual(['LogAppendTime', true, true])
    })

    test('a batch larger than the fetch is handed out all the same', async () => {
      expect(await see('Records.largeBatchSmallFetch')).toEqual([100_000, 1])
    })

    test('a compacted topic keeps the last value of a key, and nothing of one that was deleted', async () => {
      expect(await see('Records.compaction')).toEqual(['3'])
    })
  })

  describe("Java's transactions", () => {
    test('no record of two interleaved aborted ones is read, wherever a fetch begins', async () => {
      expect(await see('Transactions.interleavedAborts')).toEqual({
        committed: [...Array.from({ length: 8 }, () => ['a7']), []],
        uncommitted: ['a0', 'b1', 'b2', 'a3', 'b5', 'a7'],
      })
    })

    test('what is behind an open one waits for its end', async () => {
      expect(await see('Transactions.lastStableOffset')).toEqual([
        [1, 3],
        ['before', 'open', 'behind'],
      ])
    })

    test('the younger producer of an id fences the older one', async () => {
      const refusal = 'InvalidProducerEpochException'
      expect(await see('Transactions.fencing')).toEqual([refusal, refusal, ['younger']])
    })

    test('records and the offsets that they come from: both or neither', async () => {
      expect(await see('Transactions.offsetsInTransactions')).toEqual(['none', '4m', ['outtrue']])
    })

    test('one that outlasts its time is aborted by the broker', async () => {
      const refusal = broker().transactionsV2 ? 'InvalidTxnStateException' : 'ProducerFencedException'
      expect(await see('Transactions.timeOut')).toEqual([refusal, []])
    })

    test('an administrator sees them, and can fence their producers', async () => {
      expect(await see('Transactions.described')).toEqual({
        open: 'Ongoing true true',
        producer: 'true 0 true',
        listed: ['Ongoing'],
        done: false,
        unknown: 'TransactionalIdNotFoundException',
        fenced: 'null',
        'send after': broker().transactionsV2 ? 'InvalidProducerEpochException' : 'ProducerFencedException',
      })
    })
  })

  describe("Java's groups", () => {
    test('one, three, then two members share six partitions, eagerly and cooperatively', async () => {
      expect(await see('Groups.rebalances')).toEqual({ RangeAssignor: true, CooperativeStickyAssignor: true })
    })

    test('a static member comes back without a rebalance, and of two with one id the older is out', async () => {
      expect(await see('Groups.staticMembers')).toEqual({
        'same partitions': true,
        'rebalances of the other': 0,
        'the older twin': 'FencedInstanceIdException',
        removed: 'null',
        'unknown member': 'UnknownMemberIdException',
      })
    })

    test('who is silent for too long is no member any more, and commits nothing', async () => {
      expect(await see('Groups.expired')).toBe('CommitFailedException')
    })

    test('positions within the log, outside of it, and by time', async () => {
      expect(await see('Groups.positions')).toEqual({
        'strict at 10': '0',
        'strict at 11': 'OffsetOutOfRangeException',
        'time 0': '0 0',
        'time 4500': '5 9000',
        'time 5500': '5 9000',
        'time 9001': 'none',
        'max timestamp': '5 9000',
        'deleted to': 4,
        'deleted beyond': 'OffsetOutOfRangeException',
        begins: 4,
        'strict at 3': 'OffsetOutOfRangeException',
        earliest: 10,
        latest: 10,
      })
    })
  })

  describe("Java's administration", () => {
    test.each(Object.entries(seenByAdmin))('%s', async (check, seen) => {
      expect(await see(check)).toEqual(seen)
    })

    test('every config of a topic has its name and type', async () => {
      expect(await see('Administration.configNames')).toEqual(topicConfigNames)
    })
  })

  describe('Kafka Streams', () => {
    const counts = { all: 200, hello: 200, join: 200, kafka: 600, lead: 200, streams: 400, summit: 200, to: 200 }

    test('counts words at least once, over a restart without its state', async () => {
      expect(await see('WordCount.atLeastOnce')).toEqual(counts)
    })

    test('counts words exactly once, over a restart without its state', async () => {
      expect(await see('WordCount.exactlyOnce')).toEqual(counts)
    })
  })
}

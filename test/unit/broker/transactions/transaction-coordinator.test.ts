import { describe, expect, test } from 'vitest'
import { defaultBrokerConfig } from '../../../../src/broker/broker-config.ts'
import { GroupCoordinator } from '../../../../src/broker/groups/group-coordinator.ts'
import { MemoryStorage } from '../../../../src/broker/log/memory-storage.ts'
import type { Storage } from '../../../../src/broker/log/storage.ts'
import { Topics } from '../../../../src/broker/topics/topics.ts'
import {
  TransactionCoordinator,
  type TransactionalProducer,
} from '../../../../src/broker/transactions/transaction-coordinator.ts'
import { seededRandom } from '../../../../src/core/random.ts'
import { StateError } from '../../../../src/core/errors.ts'
import { recordsIn, sentBatch } from '../../../support/broker-batches.ts'
import { errorName, errorOf, offsetAt } from '../../../support/broker-groups.ts'
import { SimulatedClock } from '../../../support/simulated-clock.ts'
import { Crash, TornStorage } from '../../../support/torn-storage.ts'

const simple = { groupId: 'g', memberId: '', groupInstanceId: null, generation: -1 }

class Bench {
  readonly clock: SimulatedClock
  readonly topics: Topics
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator

  constructor(storage: Storage = new MemoryStorage(), clock = new SimulatedClock()) {
    const [config, random] = [defaultBrokerConfig, seededRandom(1)]
    this.clock = clock
    this.topics = new Topics({ storage, clock, random, limits: config.limits })
    if (this.topics.get('t') === undefined) this.topics.create({ name: 't', partitions: 2 })
    this.groups = new GroupCoordinator({ storage, clock, random, config })
    const { topics, groups } = this
    this.transactions = new TransactionCoordinator({ storage, clock, config, topics, groups })
  }

  log(partition = 0) {
    return this.topics.partition('t', partition)!
  }

  init(transactionalId = 'x', timeoutMs = 60_000): TransactionalProducer {
    return { transactionalId, ...this.transactions.initProducer(transactionalId, timeoutMs) }
  }

  /** Adds the partition and writes a record to it. */
  write(producer: TransactionalProducer, value: string, { partition = 0, sequence = 0 } = {}): void {
    this.transactions.add(producer, { partitions: [{ topic: 't', partition }] })
    const { producerId, producerEpoch: epoch } = producer
    const { errorCode } = this.log(partition).append(
      sentBatch([{ value }], { producerId, epoch, sequence, transactional: true }),
      this.clock.now(),
    )
    expect(errorName(errorCode)).toBe('NONE')
  }

  stage(producer: TransactionalProducer, offset: number): void {
    this.transactions.add(producer, { groups: ['g'] })
    this.groups.stage(producer.producerId, simple, [offsetAt(offset)])
  }

  end(producer: TransactionalProducer, committed: boolean) {
    return errorOf(() => this.transactions.end(producer, committed))
  }

  /** What a reader of committed records sees. */
  committed(partition = 0): (string | null)[] {
    const log = this.log(partition)
    const { records, aborted } = log.read({ offset: 0, maxBytes: 1_000_000, committed: true })
    const isAborted = (offset: number) =>
      aborted!.some(({ firstOffset, lastOffset }) => firstOffset <= offset && offset <= lastOffset)
    return recordsIn(records)
      .filter(({ offset }) => !isAborted(offset))
      .map(({ value }) => value)
  }

  offset(): number | undefined {
    return this.groups.get('g')?.offsets.get({ topic: 't', partition: 0 })?.offset
  }

  isUnstable(): boolean {
    return this.groups.get('g')?.offsets.isUnstable({ topic: 't', partition: 0 }) === true
  }
}

describe('a transaction', () => {
  test('its records and offsets are seen when it commits, in all partitions, and not before', () => {
    const bench = new Bench()
    const producer = bench.init()
    bench.write(producer, 'a')
    bench.write(producer, 'b', { partition: 1 })
    bench.stage(producer, 7)
    expect([bench.committed(0), bench.committed(1), bench.offset(), bench.isUnstable()]).toEqual([
      [],
      [],
      undefined,
      true,
    ])
    expect(bench.end(producer, true)).toBe('NONE')
    expect([bench.committed(0), bench.committed(1), bench.offset(), bench.isUnstable()]).toEqual([
      ['a'],
      ['b'],
      7,
      false,
    ])
    expect(bench.transactions.get('x')).toMatchObject({ state: 'CompleteCommit', partitions: [], groups: [] })
  })

  test('of one that aborts nothing is seen', () => {
    const bench = new Bench()
    const producer = bench.init()
    bench.write(producer, 'a')
    bench.stage(producer, 7)
    expect(bench.end(producer, false)).toBe('NONE')
    expect([bench.committed(), bench.offset(), bench.isUnstable()]).toEqual([[], undefined, false])
    expect(bench.log().lastStableOffset).toBe(bench.log().endOffset)
  })

  test('two that interleave end each for itself, and nothing is seen past the first that is open', () => {
    const bench = new Bench()
    const [x, y] = [bench.init('x'), bench.init('y')]
    bench.write(x, 'x1')
    bench.write(y, 'y1')
    bench.write(x, 'x2', { sequence: 1 })
    expect(bench.end(y, true)).toBe('NONE')
    expect(bench.committed()).toEqual([])
    expect(bench.end(x, true)).toBe('NONE')
    expect(bench.committed()).toEqual(['x1', 'y1', 'x2'])
  })

  test('an offset that was committed after the one in the transaction stays', () => {
    const bench = new Bench()
    const producer = bench.init()
    bench.stage(producer, 7)
    bench.groups.commit(simple, [offsetAt(9)])
    bench.end(producer, true)
    expect(bench.offset()).toBe(9)
  })

  test('the end that is asked for again is as it was; the other one, or one without a beginning, is refused', () => {
    const bench = new Bench()
    const producer = bench.init()
    expect([bench.end(producer, true), bench.end(producer, false)]).toEqual(['INVALID_TXN_STATE', 'INVALID_TXN_STATE'])
    bench.write(producer, 'a')
    expect([true, true, false].map((committed) => bench.end(producer, committed))).toEqual([
      'NONE',
      'NONE',
      'INVALID_TXN_STATE',
    ])
    bench.write(producer, 'b', { sequence: 1 })
    expect([false, false, true].map((committed) => bench.end(producer, committed))).toEqual([
      'NONE',
      'NONE',
      'INVALID_TXN_STATE',
    ])
  })

  test('a write or an offset outside of it is refused', () => {
    const bench = new Bench()
    const producer = bench.init()
    const verify = (partition: number) =>
      errorName(bench.transactions.verifyPartition({ ...producer, topic: 't', partition }))
    const verifyGroup = () => errorName(bench.transactions.verifyGroup(producer, 'g'))
    expect([verify(0), verifyGroup()]).toEqual(['INVALID_TXN_STATE', 'INVALID_TXN_STATE'])
    bench.write(producer, 'a')
    bench.stage(producer, 1)
    expect([verify(0), verify(1), verifyGroup()]).toEqual(['NONE', 'INVALID_TXN_STATE', 'NONE'])
    bench.end(producer, true)
    expect([verify(0), verifyGroup()]).toEqual(['INVALID_TXN_STATE', 'INVALID_TXN_STATE'])
  })

  test('one that is open longer than its timeout is aborted, and its producer fenced', async () => {
    const bench = new Bench()
    const producer = bench.init('x', 5_000)
    bench.write(producer, 'a')
    await bench.clock.advance(4_999)
    expect(bench.transactions.get('x')?.state).toBe('Ongoing')
    await bench.clock.advance(2)
    expect(bench.transactions.get('x')?.state).toBe('CompleteAbort')
    expect(bench.log().lastStableOffset).toBe(bench.log().endOffset)
    expect(bench.end(producer, true)).toBe('PRODUCER_FENCED')
    expect(bench.init().producerEpoch).toBe(2)
  })

  test('a topic that is deleted meanwhile does not keep it from ending', () => {
    const bench = new Bench()
    const producer = bench.init()
    bench.write(producer, 'a')
    bench.topics.delete('t')
    expect(bench.end(producer, true)).toBe('NONE')
  })
})

describe('who is the producer', () => {
  test('ids are given once; a transactional id keeps its own, with a new epoch each time', () => {
    const bench = new Bench()
    const [x, y, again] = [bench.init('x'), bench.init('y'), bench.init('x')]
    expect(new Set([x.producerId, y.producerId, bench.transactions.newProducerId()]).size).toBe(3)
    expect([x.producerEpoch, again.producerEpoch, again.producerId]).toEqual([0, 1, x.producerId])
  })

  test('a zombie is fenced, whatever it tries', () => {
    const bench = new Bench()
    const zombie = bench.init()
    const next = bench.init()
    const refused = [
      errorOf(() => bench.transactions.add(zombie, { groups: ['g'] })),
      bench.end(zombie, true),
      errorName(bench.transactions.verifyGroup(zombie, 'g')),
    ]
    expect(refused).toEqual(['PRODUCER_FENCED', 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'])
    const strangers = [
      errorOf(() => bench.transactions.add({ ...next, producerId: 99 }, { groups: ['g'] })),
      bench.end({ ...next, transactionalId: 'nobody' }, true),
    ]
    expect(strangers).toEqual(['INVALID_PRODUCER_ID_MAPPING', 'INVALID_PRODUCER_ID_MAPPING'])
  })

  test('one that comes while a transaction is open aborts it, and asks again', () => {
    const bench = new Bench()
    const zombie = bench.init()
    bench.write(zombie, 'a')
    expect(errorOf(() => bench.init())).toBe('CONCURRENT_TRANSACTIONS')
    expect(bench.transactions.get('x')?.state).toBe('CompleteAbort')
    expect(bench.end(zombie, true)).toBe('PRODUCER_FENCED')
    const late = bench
      .log()
      .append(sentBatch([{ value: 'b' }], { ...zombie, epoch: 0, sequence: 1, transactional: true }), 0)
    expect(errorName(late.errorCode)).toBe('INVALID_PRODUCER_EPOCH')
    expect(bench.init().producerEpoch).toBe(2)
    expect(bench.committed()).toEqual([])
  })

  test('one that says who it is goes on with the next epoch, and gets the same when it asks again (KIP-360)', () => {
    const bench = new Bench()
    const { producerId } = bench.init()
    const bump = (producerEpoch: number) => bench.transactions.initProducer('x', 60_000, { producerId, producerEpoch })
    expect([bump(0).producerEpoch, bump(0).producerEpoch, bump(1).producerEpoch]).toEqual([1, 1, 2])
    expect(errorOf(() => bump(0))).toBe('PRODUCER_FENCED')
    bench.init()
    expect(errorOf(() => bump(2))).toBe('PRODUCER_FENCED')
    expect(errorOf(() => bench.transactions.initProducer('x', 60_000, { producerId: 99, producerEpoch: 3 }))).toBe(
      'PRODUCER_FENCED',
    )
  })

  test('when the epochs have run out it gets another id, and the old one is fenced', () => {
    const bench = new Bench()
    let producer = bench.init()
    const first = producer.producerId
    while (producer.producerEpoch < 32_766) producer = bench.init()
    const { producerId, producerEpoch } = producer
    const next = bench.transactions.initProducer('x', 60_000, { producerId, producerEpoch })
    expect(next.producerEpoch).toBe(0)
    expect(next.producerId).not.toBe(first)
    expect(bench.end(producer, true)).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(bench.transactions.initProducer('x', 60_000, { producerId, producerEpoch })).toMatchObject({
      producerEpoch: 0,
    })
  })

  test('timeouts beyond what is allowed, and an empty id, are refused', () => {
    const bench = new Bench()
    const init = (id: string, timeoutMs: number) => errorOf(() => bench.init(id, timeoutMs))
    expect([init('x', 0), init('x', 900_001), init('x', 900_000), init('', 1)]).toEqual([
      'INVALID_TRANSACTION_TIMEOUT',
      'INVALID_TRANSACTION_TIMEOUT',
      'NONE',
      'INVALID_REQUEST',
    ])
  })
})

describe('crashes', () => {
  /** The storage of a broker that dies after so many more bytes, in the middle of ending a transaction. */
  function crashedDuringEnd(
    bytes: number,
    committed: boolean,
  ): { storage: Storage; wasCrash: boolean; producer: TransactionalProducer } {
    const storage = new MemoryStorage()
    const torn = new TornStorage(storage)
    const bench = new Bench(torn)
    const producer = bench.init()
    bench.write(producer, 'a')
    bench.write(producer, 'b', { partition: 1 })
    bench.stage(producer, 7)
    torn.crashAfter(bytes)
    try {
      bench.transactions.end(producer, committed)
      return { storage, wasCrash: false, producer }
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      return { storage, wasCrash: true, producer }
    }
  }

  test.each([true, false])(
    'wherever it dies, a transaction is there as a whole or not at all (commit: %s)',
    async (committed) => {
      const outcomes = new Set<string>()
      for (let bytes = 0; ; bytes += 7) {
        const { storage, wasCrash } = crashedDuringEnd(bytes, committed)
        const bench = new Bench(storage)
        if (bench.transactions.get('x')?.state === 'Ongoing') await bench.clock.advance(60_001)
        const seen = [bench.committed(0), bench.committed(1), bench.offset() ?? null, bench.isUnstable()]
        outcomes.add(JSON.stringify(seen))
        expect(bench.log(0).lastStableOffset).toBe(bench.log(0).endOffset)
        expect(bench.log(1).lastStableOffset).toBe(bench.log(1).endOffset)
        if (!wasCrash) break
      }
      const nothing = JSON.stringify([[], [], null, false])
      const all = JSON.stringify([['a'], ['b'], 7, false])
      expect([...outcomes].toSorted()).toEqual((committed ? [all, nothing] : [nothing]).toSorted())
    },
  )

  test('a restart gives no producer id twice, and a transaction that was open still times out', async () => {
    const storage = new MemoryStorage()
    const first = new Bench(storage)
    const producer = first.init()
    first.write(producer, 'a')
    const next = new Bench(storage, first.clock)
    expect(next.transactions.newProducerId()).toBeGreaterThan(producer.producerId)
    expect(next.end(producer, true)).toBe('NONE')
    expect(next.committed()).toEqual(['a'])
  })

  test('markers that cannot be written are written later; until then the next transaction waits', async () => {
    const bench = new Bench()
    const producer = bench.init()
    bench.write(producer, 'a')
    const log = bench.log()
    const { writeMarker } = log
    log.writeMarker = () => {
      throw new StateError('the disk is full')
    }
    expect(bench.end(producer, true)).toBe('NONE')
    expect(errorOf(() => bench.transactions.add(producer, { groups: ['g'] }))).toBe('CONCURRENT_TRANSACTIONS')
    expect([bench.end(producer, true), bench.end(producer, false)]).toEqual([
      'CONCURRENT_TRANSACTIONS',
      'INVALID_TXN_STATE',
    ])
    expect(errorOf(() => bench.init())).toBe('CONCURRENT_TRANSACTIONS')
    log.writeMarker = writeMarker
    await bench.clock.advance(1_001)
    expect(bench.committed()).toEqual(['a'])
    expect(errorOf(() => bench.init())).toBe('NONE')
  })
})

/*
 * What clients do with a broker that is going to be killed, and what they may expect of it afterwards: an idempotent producer with
 * several batches in flight, transactions with offsets of a group, and commits of another group, all at the same time.
 */
import { expect } from 'vitest'
import type { Random } from '../../src/core/random.ts'
import { kafkaError } from '../../src/protocol/kafka-error.ts'
import { batchesIn, sentBatch } from './broker-batches.ts'
import type { BrokerChild } from './broker-child.ts'
import type { BrokerClient } from './broker-client.ts'
import { readRecords, textsOf } from './record-batches.ts'

interface Batch {
  readonly texts: readonly string[]
  readonly sequence: number
  /** Undefined until it was acknowledged. */
  offset: number | undefined
}

interface Transaction {
  readonly number: number
  readonly texts: readonly string[]
  readonly commits: boolean
  /** Whether its end was asked for, and whether that was acknowledged. */
  end: 'not asked' | 'asked' | 'acknowledged'
}

const transactionalId = 'x'
const [plain, transactional] = ['plain', 'transactional'] as const
export const crashTopics: readonly string[] = [plain, transactional].flatMap((name) => ['--topic', name])
const inFlight = 4

export class CrashWorkload {
  readonly #random: Random
  #producerId = -1
  #sequence = 0
  readonly #batches: Batch[] = []
  readonly #transactions: Transaction[] = []
  #offsetSent = 0
  #offsetKept = 0
  /** Of any kind. */
  acknowledged = 0
  #onAcknowledged = (): void => {}

  constructor(random: Random) {
    this.#random = random
  }

  #count(): void {
    this.acknowledged++
    this.#onAcknowledged()
  }

  /** Writes and commits; `kill` is called after so many acknowledgements, in the middle of everything. Done when all has failed. */
  async runUntilKilled(child: BrokerChild, acknowledgements: number, kill: () => void): Promise<void> {
    const limit = this.acknowledged + acknowledgements
    this.#onAcknowledged = () => void (this.acknowledged === limit && kill())
    const loops = [this.#produce(child.connect()), this.#transact(child.connect()), this.#commit(child.connect())]
    for (const result of await Promise.allSettled(loops))
      expect(result).toMatchObject({ status: 'rejected', reason: { message: 'the connection was closed' } })
  }

  async #produce(client: BrokerClient): Promise<never> {
    if (this.#producerId < 0) {
      this.#producerId = (
        await client.send('InitProducerId', 4, { transactionTimeoutMs: 0, transactionalId: null })
      ).producerId
    }
    for (;;) {
      for (let i = 0; i < inFlight; i++) {
        const texts = Array.from({ length: 1 + Math.floor(this.#random() * 20) }, (_, j) => `p${this.#sequence + j}`)
        this.#batches.push({ texts, sequence: this.#sequence, offset: undefined })
        this.#sequence += texts.length
      }
      await Promise.all(this.#batches.slice(-inFlight).map((batch) => this.#send(client, batch)))
    }
  }

  async #send(client: BrokerClient, batch: Batch): Promise<void> {
    const { sequence } = batch
    const records = sentBatch(valuesOf(batch.texts), { producerId: this.#producerId, sequence })
    batch.offset = await append(client, { topic: plain, records })
    this.#count()
  }

  async #transact(client: BrokerClient): Promise<never> {
    const producer = await initTransactions(client)
    for (let sequence = 0; ;) {
      const number = this.#transactions.length + 1
      const texts = Array.from({ length: 3 }, (_, i) => `t${number}-${i}`)
      const transaction: Transaction = { number, texts, commits: this.#random() < 0.7, end: 'not asked' }
      this.#transactions.push(transaction)
      await this.#runTransaction(client, transaction, { ...producer, sequence })
      sequence += texts.length
    }
  }

  async #runTransaction(
    client: BrokerClient,
    transaction: Transaction,
    { producerId, producerEpoch, sequence }: Identity & { readonly sequence: number },
  ): Promise<void> {
    const producer = { transactionalId, producerId, producerEpoch }
    await client.send('AddPartitionsToTxn', 3, { ...producer, topics: [{ name: transactional, partitions: [0] }] })
    const options = { producerId, epoch: producerEpoch, sequence, transactional: true }
    await append(client, {
      topic: transactional,
      records: sentBatch(valuesOf(transaction.texts), options),
      transactionalId,
    })
    this.#count()
    await client.send('AddOffsetsToTxn', 3, { ...producer, groupId: 'with-transactions' })
    const topics = [
      {
        name: plain,
        partitions: [{ partitionIndex: 0, committedOffset: transaction.number, committedMetadata: null }],
      },
    ]
    const staged = await client.send('TxnOffsetCommit', 3, { ...producer, groupId: 'with-transactions', topics })
    expect(staged.topics[0]?.partitions[0]?.errorCode).toBe(0)
    transaction.end = 'asked'
    const { errorCode } = await client.send('EndTxn', 3, { ...producer, committed: transaction.commits })
    expect(errorCode).toBe(0)
    transaction.end = 'acknowledged'
    this.#count()
  }

  async #commit(client: BrokerClient): Promise<never> {
    for (;;) {
      const offset = ++this.#offsetSent
      const topics = [
        { name: plain, partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: `m${offset}` }] },
      ]
      const answer = await client.send('OffsetCommit', 8, { groupId: 'alone', topics })
      expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0)
      this.#offsetKept = offset
      this.#count()
    }
  }

  /** Tries again what got no answer, as a client does; then everything is there once, and transactions are whole or nothing. */
  async check(child: BrokerChild): Promise<void> {
    const client = child.connect()
    await this.#checkPlain(client)
    await this.#checkTransactions(client)
    const kept = await committedOffset(client, 'alone')
    expect(kept.offset).toBeGreaterThanOrEqual(this.#offsetKept)
    expect(kept.offset).toBeLessThanOrEqual(this.#offsetSent)
    expect(kept.metadata).toBe(kept.offset > 0 ? `m${kept.offset}` : '')
  }

  async #checkPlain(client: BrokerClient): Promise<void> {
    const before = await readAll(client, plain, 0)
    const kept = this.#batches.filter(({ offset }) => offset !== undefined)
    for (const { offset, texts } of kept) expect(before.slice(offset, offset! + texts.length)).toEqual(texts)
    for (const batch of this.#batches.filter(({ offset }) => offset === undefined)) await this.#send(client, batch)
    expect(await readAll(client, plain, 0)).toEqual(this.#batches.flatMap(({ texts }) => texts))
  }

  async #checkTransactions(client: BrokerClient): Promise<void> {
    // Whoever takes over the transactional id has what was open aborted.
    await initTransactions(client)
    const visible = await readAll(client, transactional, 1)
    const done = this.#transactions.filter(({ texts }) => visible.includes(texts[0]!))
    expect(visible).toEqual(done.flatMap(({ texts }) => texts))
    expect(done.filter(({ commits, end }) => !commits || end === 'not asked')).toEqual([])
    const promised = this.#transactions.filter(({ commits, end }) => commits && end === 'acknowledged')
    expect(promised.filter((one) => !done.includes(one))).toEqual([])
    const { offset } = await committedOffset(client, 'with-transactions')
    expect(offset).toBe(done.at(-1)?.number ?? -1)
  }
}

interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

const valuesOf = (texts: readonly string[]): { readonly value: string }[] => texts.map((value) => ({ value }))

/** Until what was open is aborted. */
async function initTransactions(client: BrokerClient): Promise<Identity> {
  for (;;) {
    const answer = await client.send('InitProducerId', 4, { transactionalId, transactionTimeoutMs: 600_000 })
    if (answer.errorCode === 0) return answer
    expect(answer.errorCode).toBe(kafkaError.CONCURRENT_TRANSACTIONS)
  }
}

/** Returns the offset of the first record. */
async function append(
  client: BrokerClient,
  batch: { readonly topic: string; readonly records: Buffer; readonly transactionalId?: string },
): Promise<number> {
  const { topic: name, records } = batch
  const answer = await client.send('Produce', 9, {
    transactionalId: batch.transactionalId ?? null,
    acks: -1,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  })
  const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!
  expect(errorCode).toBe(0)
  return baseOffset
}

async function committedOffset(
  client: BrokerClient,
  groupId: string,
): Promise<{ readonly offset: number; readonly metadata: string | null }> {
  const topics = [{ name: plain, partitionIndexes: [0] }]
  const answer = await client.send('OffsetFetch', 7, { groupId, topics, requireStable: true })
  const { errorCode, committedOffset: offset, metadata } = answer.topics![0]!.partitions[0]!
  expect(errorCode).toBe(0)
  return { offset, metadata }
}

/** The values of all records that this isolation shows, in order; every batch whole, and nothing that stays open. */
async function readAll(client: BrokerClient, topic: string, isolationLevel: 0 | 1): Promise<(string | null)[]> {
  const texts: (string | null)[] = []
  for (let offset = 0; ;) {
    const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 10_000 }]
    const { responses } = await client.send('Fetch', 12, {
      minBytes: 1,
      isolationLevel,
      topics: [{ topic, partitions }],
    })
    const { errorCode, records, highWatermark, lastStableOffset, abortedTransactions } = responses[0]!.partitions[0]!
    expect([errorCode, lastStableOffset]).toEqual([0, highWatermark])
    if (offset === highWatermark) return texts
    const aborted = (abortedTransactions ?? []).map((one) => ({ ...one, producerId: BigInt(one.producerId) }))
    texts.push(...textsOf(readRecords(records!, offset, aborted)))
    offset = batchesIn(records!).at(-1)!.lastOffset + 1
  }
}

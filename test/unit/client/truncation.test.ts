/* A log that loses its end and is written anew (KIP-320), as whoever reads it meets that: never in silence. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Broker } from '../../../src/broker/broker.ts'
import { seededRandom } from '../../../src/core/random.ts'
import type { ConsumerOptions, ConsumerPort, KafkaPort } from '../../../src/runtime/port.ts'
import type { PositionResetEvent } from '../../../src/telemetry/channels.ts'
import { consumerOptions, hearing, seenIn, type Seen } from '../../conformance/port/port-under-test.ts'
import { brokerPort } from '../../support/broker-port.ts'
import { storedTexts } from '../../support/record-batches.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'
import { connectTo, newTestBroker } from '../../support/test-broker.ts'

const topic = 't'
const tp = { topic, partition: 0 }
const brokers: Broker[] = []
afterAll(() => Promise.all(brokers.map((broker) => broker.close())))

let resets: PositionResetEvent[] = []
const note = (event: unknown): number => resets.push(event as PositionResetEvent)
beforeEach(() => {
  resets = []
  subscribe('millrace:position-reset', note)
})
afterEach(() => void unsubscribe('millrace:position-reset', note))

class World {
  readonly clock = new SimulatedClock()
  readonly broker: Broker
  readonly port: KafkaPort

  constructor() {
    this.broker = newTestBroker({ clock: this.clock, random: seededRandom(1) })
    brokers.push(this.broker)
    this.makeTopic()
    this.port = brokerPort(this.broker, this.clock)
  }

  makeTopic(): void {
    this.broker.control.createTopic({ name: topic, configs: { 'retention.ms': '-1' } })
  }

  /** One batch. */
  async write(...texts: readonly string[]): Promise<void> {
    const topicData = [{ name: topic, partitionData: [{ index: 0, records: storedTexts(texts) }] }]
    const { responses } = await connectTo(this.broker).send('Produce', 9, { acks: -1, topicData })
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
  }

  async writeEach(...texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.write(text)
  }

  truncate(offset: number): void {
    this.broker.control.truncate({ ...tp, offset })
  }

  async consumer(options: Partial<ConsumerOptions> = {}): Promise<ConsumerPort> {
    const consumer = this.port.consumer(consumerOptions({ groupId: 'group', outOfRange: () => 'error', ...options }))
    await this.clock.settle(consumer.subscribe([topic], hearing()))
    return consumer
  }

  async poll(consumer: ConsumerPort, ms = 100): Promise<Seen[]> {
    return (await this.clock.settle(consumer.poll(ms))).flatMap(seenIn)
  }

  async pollUntil(consumer: ConsumerPort, count: number): Promise<Seen[]> {
    const seen: Seen[] = []
    for (let i = 0; seen.length < count; i++) {
      if (i > 100) throw new Error(`only ${JSON.stringify(seen)}`)
      seen.push(...(await this.poll(consumer)))
    }
    return seen
  }

  /** Until it has polled for a good while, or it rejects. */
  async pollOn(consumer: ConsumerPort): Promise<Seen[]> {
    const seen: Seen[] = []
    for (let i = 0; i < 30; i++) seen.push(...(await this.poll(consumer)))
    return seen
  }

  close(consumer: ConsumerPort): Promise<void> {
    return this.clock.settle(consumer.close())
  }
}

const texts = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${prefix}${from + i}`)
const valuesOf = (seen: readonly Seen[]): (string | null)[] => seen.map(({ value }) => value)

/** Ten records, all of them read. */
async function read10(options: Partial<ConsumerOptions> = {}): Promise<[World, ConsumerPort]> {
  const world = new World()
  await world.writeEach(...texts('a', 0, 10))
  const consumer = await world.consumer(options)
  await world.pollUntil(consumer, 10)
  return [world, consumer]
}

const cutAt5 = {
  code: 'MILLRACE_LOG_TRUNCATED',
  topic,
  partition: 0,
  offset: 10,
  message: expect.stringMatching(
    /t-0 .*offset 10.*from offset 5 .*epoch 0 .*epoch 0 of the log ends at offset 5.*Reset the group's offset to 5 .*policy/s,
  ),
}

describe('a log that was cut off below the position', () => {
  test('and written anew beyond it is an error that says where they part', async () => {
    const [world, consumer] = await read10()
    world.truncate(5)
    await world.writeEach(...texts('b', 5, 15))
    await expect(world.pollOn(consumer)).rejects.toMatchObject(cutAt5)
    expect(resets).toEqual([])
    await world.close(consumer)
  })

  test('and not written yet is the same error', async () => {
    const [world, consumer] = await read10()
    world.truncate(5)
    await expect(world.pollOn(consumer)).rejects.toMatchObject(cutAt5)
    await world.close(consumer)
  })

  test.each(['earliest', 'latest'] as const)('is read on where they part with %s, which is told', async (policy) => {
    const [world, consumer] = await read10({ outOfRange: () => policy })
    world.truncate(5)
    await world.writeEach(...texts('b', 5, 15))
    const seen = await world.pollUntil(consumer, 10)
    expect(seen.map(({ offset, value }) => [offset, value])).toEqual(texts('b', 5, 15).map((text, i) => [5 + i, text]))
    expect(resets).toEqual([{ applicationId: 'group', ...tp, from: 10, to: 5, error: expect.objectContaining(cutAt5) }])
    await world.close(consumer)
  })

  test('behind what was handed out is read as it is now, and nobody need know', async () => {
    const world = new World()
    await world.write(...texts('a', 0, 3))
    await world.writeEach(...texts('a', 3, 10))
    const consumer = await world.consumer({ fetchMaxBytes: 1 })
    const first = await world.pollUntil(consumer, 1)
    expect(valuesOf(first)).toEqual(texts('a', 0, 3))
    // All of it is here, and nothing more has been taken.
    await world.clock.advance(5_000)
    expect(consumer.position(tp)).toBe(3)
    world.truncate(5)
    await world.writeEach(...texts('b', 5, 12))
    await world.clock.advance(5_000)
    expect(valuesOf(await world.pollUntil(consumer, 9))).toEqual([...texts('a', 3, 5), ...texts('b', 5, 12)])
    expect(resets).toEqual([])
    await world.close(consumer)
  })

  test('between a commit and the next run is noticed by the next run', async () => {
    const [world, first] = await read10()
    await world.clock.settle(first.commit([{ ...tp, offset: 10 }]))
    await world.close(first)
    world.truncate(5)
    await world.writeEach(...texts('b', 5, 15))
    const second = await world.consumer()
    await expect(world.pollOn(second)).rejects.toMatchObject({ code: 'MILLRACE_LOG_TRUNCATED', offset: 10 })
    await world.close(second)
    const third = await world.consumer({ outOfRange: () => 'earliest' })
    const seen = await world.pollUntil(third, 6)
    // Of what was read all that is known by now is the record before the position.
    expect(valuesOf(seen)).toEqual(texts('b', 5, 15))
    await world.close(third)
  })

  test('behind what was committed is not noticed by the next run, whatever had been fetched', async () => {
    const [world, first] = await read10()
    world.broker.control.moveLeader(tp)
    await world.writeEach(...texts('a', 10, 20))
    await world.pollUntil(first, 10)
    await world.clock.settle(first.commit([{ ...tp, offset: 8 }]))
    await world.close(first)
    world.truncate(9)
    await world.writeEach(...texts('b', 9, 12))
    const second = await world.consumer()
    expect(valuesOf(await world.pollUntil(second, 4))).toEqual(['a8', 'b9', 'b10', 'b11'])
    await world.close(second)
  })

  test('between a commit in a transaction and the next run is noticed too', async () => {
    const [world, first] = await read10()
    const position = { ...tp, offset: 10 }
    const leaderEpoch = first.leaderEpochAt(position)!
    await world.close(first)
    await commitInTransaction(world, { ...position, leaderEpoch })
    world.truncate(5)
    await world.writeEach(...texts('b', 5, 15))
    const second = await world.consumer({ readCommitted: true })
    await expect(world.pollOn(second)).rejects.toMatchObject({ code: 'MILLRACE_LOG_TRUNCATED', offset: 10 })
    await world.close(second)
  })

  test('and of which the leader knows less than was read is an error without an end', async () => {
    const [world, consumer] = await read10()
    await world.close(consumer)
    await commitInTransaction(world, { ...tp, offset: 4, leaderEpoch: 7 })
    const second = await world.consumer()
    await expect(world.pollOn(second)).rejects.toMatchObject({
      code: 'MILLRACE_LOG_TRUNCATED',
      offset: 4,
      message: expect.stringContaining('does not know the epoch 7'),
    })
    await world.close(second)
  })
})

async function commitInTransaction(
  { port, clock }: World,
  position: typeof tp & { readonly offset: number; readonly leaderEpoch: number },
): Promise<void> {
  const producer = port.transactionalProducer!({
    clientId: 'test',
    compression: 'none',
    lingerMs: 1,
    batchBytes: 200,
    bufferedBytesMax: 1e6,
    deliveryTimeoutMs: 120_000,
    transactionalId: 'id',
    transactionTimeoutMs: 60_000,
  })
  await clock.settle(producer.connect())
  producer.begin()
  const member = { groupId: 'group', memberId: '', generationId: -1, groupInstanceId: null }
  await clock.settle(producer.sendOffsets([position], member))
  await clock.settle(producer.commit())
  await clock.settle(producer.close())
}

test('a leader that moves, and moves again, with all its records costs nothing', async () => {
  const [world, consumer] = await read10()
  for (const round of [1, 2, 3]) {
    world.broker.control.moveLeader(tp)
    world.broker.control.moveLeader({ ...tp, withoutLeaderMs: 300 })
    await world.poll(consumer)
    await world.clock.advance(300)
    if (round === 2) continue
    await world.writeEach(...texts(`r${round}-`, 0, 3))
    expect(valuesOf(await world.pollUntil(consumer, 3))).toEqual(texts(`r${round}-`, 0, 3))
  }
  await world.clock.settle(consumer.commit([{ ...tp, offset: 16 }]))
  await world.close(consumer)
  world.broker.control.moveLeader(tp)
  const second = await world.consumer()
  await world.writeEach('more')
  expect(valuesOf(await world.pollUntil(second, 1))).toEqual(['more'])
  expect(resets).toEqual([])
  await world.close(second)
})

test.each([0, 2])('a topic that was made anew is read from its start, after %d moves of its leader', async (moves) => {
  const [world, consumer] = await read10({ outOfRange: () => 'earliest' })
  for (let i = 0; i < moves; i++) world.broker.control.moveLeader(tp)
  await world.poll(consumer, 1_000)
  world.broker.control.deleteTopic(topic)
  world.makeTopic()
  await world.writeEach(...texts('b', 0, 3))
  expect(valuesOf(await world.pollUntil(consumer, 3))).toEqual(texts('b', 0, 3))
  expect(resets).toEqual([expect.objectContaining({ from: 10, to: 0 })])
  expect(resets[0]!.error).toMatchObject({ code: 'MILLRACE_OFFSET_OUT_OF_RANGE' })
  await world.close(consumer)
})

describe('a changelog that is cut off while it is read', () => {
  const noSignal = new AbortController().signal

  test('is an error, also when it was written anew', async () => {
    const world = new World()
    await world.writeEach(...texts('a', 0, 10))
    const restorer = world.port.restorer({ clientId: 'restore', fetchMaxBytes: 1 })
    let handed = 0
    const reading = restorer.read(
      [{ ...tp, from: 0, end: 10 }],
      ({ count }) => {
        handed += count
        if (handed === 6) world.truncate(3)
      },
      noSignal,
    )
    await expect(world.clock.settle(reading)).rejects.toMatchObject({
      code: 'MILLRACE_LOG_TRUNCATED',
      ...tp,
      offset: 6,
      message: expect.stringMatching(/from offset 3 .*Start the app again/s),
    })
    await world.clock.settle(restorer.close())
  })

  test('is an error before anything of it was read, and not waited for', async () => {
    const world = new World()
    await world.writeEach(...texts('a', 0, 10))
    world.truncate(5)
    const restorer = world.port.restorer({ clientId: 'restore', fetchMaxBytes: 1_000_000 })
    const reading = restorer.read([{ ...tp, from: 0, end: 10 }], () => {}, noSignal)
    await expect(world.clock.settle(reading, 60_000)).rejects.toMatchObject({
      code: 'MILLRACE_LOG_TRUNCATED',
      ...tp,
      offset: 5,
      message: expect.stringMatching(/ended at offset 10 .*ends at 5 now/),
    })
    await world.clock.settle(restorer.close())
  })

  test('is an error for who goes on where it ended before, and none for who begins anew', async () => {
    const world = new World()
    await world.writeEach(...texts('a', 0, 10))
    const restorer = world.port.restorer({ clientId: 'restore', fetchMaxBytes: 1_000_000 })
    const values: (string | null)[] = []
    const read = (from: number, end: number): Promise<void> =>
      world.clock.settle(
        restorer.read([{ ...tp, from, end }], (batch) => values.push(...valuesOf(seenIn(batch))), noSignal),
      )
    await read(0, 8)
    world.truncate(5)
    await world.writeEach(...texts('b', 5, 12))
    await expect(read(8, 12)).rejects.toMatchObject({ code: 'MILLRACE_LOG_TRUNCATED', offset: 8 })
    values.length = 0
    await read(0, 12)
    expect(values).toEqual([...texts('a', 0, 5), ...texts('b', 5, 12)])
    await world.clock.settle(restorer.close())
  })
})

describe('whatever happens to a log and to who reads it', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), records: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('poll' as const), times: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('truncate' as const), back: fc.integer({ min: 0, max: 8 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), back: fc.integer({ min: 0, max: 5 }) }) },
  )

  test('what it has seen, without what was told to be gone, is the log', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 25 }),
        fc.constantFrom(1, 1_000),
        async (steps, fetchMaxBytes) => {
          resets = []
          const world = new World()
          const open = (): Promise<ConsumerPort> => world.consumer({ outOfRange: () => 'latest', fetchMaxBytes })
          let consumer = await open()
          // What the log is, and what was seen of it.
          const log: string[] = []
          const starts = new Set<number>()
          let view: string[] = []
          const look = async (): Promise<number> => {
            const seen = await world.poll(consumer)
            for (const { to } of resets.splice(0)) view.splice(to)
            for (const { offset, value } of seen) {
              expect(offset).toBe(view.length)
              view.push(value!)
            }
            return seen.length
          }
          let written = 0
          for (const each of steps) {
            if (each.do === 'write') {
              const batch = texts('v', written, (written += each.records))
              starts.add(log.length)
              log.push(...batch)
              await world.write(...batch)
            } else if (each.do === 'poll') for (let i = 0; i < each.times; i++) await look()
            else if (each.do === 'move') world.broker.control.moveLeader(tp)
            else if (each.do === 'truncate') {
              let offset = Math.max(0, log.length - each.back)
              while (offset < log.length && !starts.has(offset)) offset--
              world.truncate(offset)
              log.splice(offset)
              for (const start of starts) if (start >= offset) starts.delete(start)
            } else {
              while (consumer.position(tp) === undefined) await look()
              const back = Math.max(0, view.length - each.back)
              // Before where this run began nobody commits, and nothing is known.
              const isKnown = consumer.leaderEpochAt({ ...tp, offset: back }) !== undefined
              const offset = isKnown ? back : view.length
              await world.clock.settle(consumer.commit([{ ...tp, offset }]))
              await world.close(consumer)
              view = view.slice(0, offset)
              consumer = await open()
            }
          }
          for (let idle = 0; idle < 12;) idle = (await look()) > 0 ? 0 : idle + 1
          expect(view).toEqual(log)
          await world.close(consumer)
          await world.broker.close()
        },
      ),
      { numRuns: Number(process.env['TRUNCATION_RUNS'] ?? 30) },
    )
  })
})

/* The producer on a broker at which things go wrong: what is in the log at the end is what was sent. */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { Broker } from '../../../src/broker/broker.ts'
import type { Fault } from '../../../src/broker/faults/fault.ts'
import { seededRandom } from '../../../src/core/random.ts'
import type { ProducerOptions, ProducerPort } from '../../../src/runtime/port.ts'
import { brokerPort } from '../../support/broker-port.ts'
import { readCommitted } from '../../support/read-committed.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'
import { newTestBroker } from '../../support/test-broker.ts'

const topic = 'out'
const partitions = [0, 1] as const
const brokers: Broker[] = []
afterAll(() => Promise.all(brokers.map((broker) => broker.close())))

interface World {
  readonly clock: SimulatedClock
  readonly broker: Broker
  /** Values that were reported as failed, by partition. */
  readonly failed: Set<string>
  readonly sent: string[][]
}

/** What happens between two records. */
type Event =
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'drop' }
  | { readonly kind: 'move'; readonly partition: number; readonly withoutLeaderMs: number }
  | { readonly kind: 'time'; readonly ms: number }

async function run(
  events: readonly (Event | undefined)[],
  { maxMessageBytes, ...options }: Partial<ProducerOptions> & { readonly maxMessageBytes: number },
): Promise<World> {
  const clock = new SimulatedClock()
  const broker = newTestBroker({ clock, random: seededRandom(1) })
  brokers.push(broker)
  broker.control.createTopic({
    name: topic,
    partitions: partitions.length,
    configs: { 'max.message.bytes': String(maxMessageBytes), 'retention.ms': '-1' },
  })
  const world: World = { clock, broker, failed: new Set(), sent: partitions.map(() => []) }
  const producer = brokerPort(broker, clock).producer({
    clientId: 'test',
    compression: 'none',
    lingerMs: 1,
    batchBytes: 200,
    bufferedBytesMax: 1e6,
    deliveryTimeoutMs: 600_000,
    ...options,
  })
  await clock.settle(producer.connect())
  for (const [i, event] of events.entries()) {
    if (event !== undefined) await happen(world, event)
    send(world, producer, i)
  }
  await clock.settle(producer.flush(), 2_000_000)
  broker.control.clearFaults()
  await clock.settle(producer.close())
  return world
}

function send({ sent, failed, clock }: World, producer: ProducerPort, i: number): void {
  for (const partition of partitions) {
    const text = `${partition}:${i}`
    sent[partition]!.push(text)
    const value = Buffer.from(text)
    producer.send({ topic, partition, key: null, value, timestamp: clock.now(), headers: [] }, (record) =>
      failed.add(Buffer.from(record.value!).toString()),
    )
  }
}

async function happen({ broker: { control }, clock }: World, event: Event): Promise<void> {
  if (event.kind === 'fault') control.inject(event.fault)
  else if (event.kind === 'drop') control.dropConnections()
  else if (event.kind === 'move') control.moveLeader({ topic, ...event })
  else await clock.advance(event.ms)
}

function readAll({ broker, clock }: World): Promise<string[][]> {
  return readCommitted(brokerPort(broker, clock), clock, topic)
}

const api = fc.constantFrom('Produce' as const, 'Produce' as const, 'InitProducerId' as const, 'Metadata' as const)
const times = fc.integer({ min: 1, max: 4 })
const skip = fc.nat(5)
const delayMs = fc.constantFrom(0, 0, 3, 40)
const passing = fc.constantFrom(
  'NOT_LEADER_OR_FOLLOWER' as const,
  'NOT_ENOUGH_REPLICAS' as const,
  'REQUEST_TIMED_OUT' as const,
  'KAFKA_STORAGE_ERROR' as const,
  'LEADER_NOT_AVAILABLE' as const,
)
const faultOf = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Event> =>
  fc.record({ kind: fc.constant('fault' as const), fault: fc.record(fields) as unknown as fc.Arbitrary<Fault> })
const delayed = faultOf({ api, times, skip, delayMs: fc.integer({ min: 1, max: 100 }) })
const refused = faultOf({ api: fc.constant('Produce'), times, skip, delayMs, error: passing })
const lost = faultOf({ api, times, skip, delayMs, lose: fc.constantFrom('request', 'answer', 'hang') })
const misplaced = faultOf({
  api: fc.constant('Produce'),
  times,
  skip,
  error: fc.constantFrom('OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'),
})
const drop = fc.constant<Event>({ kind: 'drop' })
const time = fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 300 }) })
const move = fc.record({
  kind: fc.constant('move' as const),
  partition: fc.constantFrom(...partitions),
  withoutLeaderMs: fc.constantFrom(0, 50, 700),
})
const often = (...events: fc.Arbitrary<Event>[]): fc.Arbitrary<(Event | undefined)[]> =>
  fc.array(fc.option(fc.oneof(time, ...events), { nil: undefined, freq: 2 }), { minLength: 1, maxLength: 60 })
/** The second splits every full batch. */
const maxMessageBytes = fc.constantFrom(1_000_000, 150)

test('whatever is lost, refused, delayed or cut off: everything is there once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(often(delayed, refused, lost, drop, move), maxMessageBytes, async (events, bytesMax) => {
      const world = await run(events, { maxMessageBytes: bytesMax })
      expect([...world.failed]).toEqual([])
      expect(await readAll(world)).toEqual(world.sent)
    }),
    { numRuns: 40 },
  )
})

test('a broker that cannot place a batch gets all that it has not under another epoch, once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(often(delayed, refused, misplaced, move), maxMessageBytes, async (events, bytesMax) => {
      const world = await run(events, { maxMessageBytes: bytesMax })
      expect([...world.failed]).toEqual([])
      expect(await readAll(world)).toEqual(world.sent)
    }),
    { numRuns: 40 },
  )
})

test('what is given up after the delivery time-out is told, nothing else is lost, and nothing is doubled', async () => {
  await fc.assert(
    fc.asyncProperty(often(delayed, refused, lost, drop, move), async (events) => {
      const world = await run(events, { maxMessageBytes: 150, deliveryTimeoutMs: 250 })
      const read = await readAll(world)
      for (const partition of partitions) {
        const kept = read[partition]!
        expect(kept).toEqual([...new Set(kept)])
        expect(kept).toEqual(world.sent[partition]!.filter((value) => kept.includes(value)))
        expect(world.sent[partition]!.filter((value) => !kept.includes(value) && !world.failed.has(value))).toEqual([])
      }
    }),
    { numRuns: 40 },
  )
})

import type { TopicPartition } from '../../../src/core/topic-partition.ts'
import type {
  Assignor,
  ConsumerOptions,
  ConsumerPort,
  FetchedBatch,
  KafkaPort,
  OutgoingRecord,
  ProducerOptions,
  RebalanceListener,
} from '../../../src/runtime/port.ts'

/** What an implementation brings to the suite. The broker allows session time-outs of 500 ms and has one node. */
export interface PortUnderTest {
  readonly port: KafkaPort
  /** A port on an address where nobody listens, with a request time-out of `timeoutMs`. */
  nowhere(timeoutMs: number): KafkaPort
  /** Cuts a log off; left out where a broker cannot be made to do that. */
  truncate?(from: TopicPartition & { readonly offset: number }): Promise<void>
  /** Writes one transaction with another client. */
  writeTransaction(to: TopicPartition, values: readonly string[], outcome: 'commit' | 'abort'): Promise<void>
}

/** What takes longer hangs: a busy machine is slow, not that slow. */
export const hangMs = 60_000

let made = 0

/** A name that no other test of this run uses. */
export function unique(what: string): string {
  return `${what}-${process.pid}-${Date.now()}-${++made}`
}

/** Gives nobody what another member still owns, as the port asks of every assignor. */
const roundRobin: Assignor = (members, partitionCounts) => {
  const all = [...partitionCounts].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const isFree = ({ topic, partition }: TopicPartition, memberId: string): boolean =>
    sorted.every(
      (member) =>
        member.memberId === memberId ||
        !member.owned.some((owned) => owned.topic === topic && owned.partition === partition),
    )
  return new Map(
    sorted.map(({ memberId }, i) => [
      memberId,
      all.filter((each, n) => n % sorted.length === i && isFree(each, memberId)),
    ]),
  )
}

export function consumerOptions(overrides: Partial<ConsumerOptions> = {}): ConsumerOptions {
  return {
    groupId: unique('group'),
    clientId: 'conformance',
    assignor: roundRobin,
    sessionTimeoutMs: 30_000,
    heartbeatIntervalMs: 200,
    rebalanceTimeoutMs: 20_000,
    bufferedRecordsPerPartitionMax: 1_000,
    fetchBufferBytesMax: 50_000_000,
    fetchMaxBytes: 5_000_000,
    readCommitted: false,
    offsetReset: () => 'earliest',
    outOfRange: () => 'error',
    ...overrides,
  }
}

export function producerOptions(overrides: Partial<ProducerOptions> = {}): ProducerOptions {
  return {
    clientId: 'conformance',
    compression: 'lz4',
    lingerMs: 2,
    batchBytes: 16_384,
    bufferedBytesMax: 1_000_000,
    deliveryTimeoutMs: hangMs,
    ...overrides,
  }
}

export function outgoing(
  topic: string,
  partition: number,
  value: string | null,
  key: string | null = null,
): OutgoingRecord {
  return {
    topic,
    partition,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp: 1_700_000_000_000,
    headers: [],
  }
}

/** Without retention: the records bear a time of years ago, and a broker deletes by its clock. */
export async function createTopic(
  { port }: PortUnderTest,
  partitionCount: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = unique('topic')
  const admin = port.admin()
  await admin.connect()
  const kept = { 'retention.ms': '-1', ...configs }
  await admin.createTopics([{ topic, partitionCount, replicationFactor: 1, configs: kept }])
  await admin.close()
  return topic
}

export async function write({ port }: PortUnderTest, records: readonly OutgoingRecord[]): Promise<void> {
  const producer = port.producer(producerOptions())
  await producer.connect()
  const failures: Error[] = []
  for (const record of records) producer.send(record, (_, error) => failures.push(error))
  await producer.close()
  const [failure] = failures
  if (failure !== undefined) throw failure
}

export function numbered(topic: string, partition: number, count: number, from = 0): OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => outgoing(topic, partition, String(from + i), `key-${from + i}`))
}

/** What a listener was told, in order. */
export interface HeardListener extends RebalanceListener {
  readonly heard: (readonly [what: 'assigned' | 'revoked' | 'lost', partitions: readonly TopicPartition[]])[]
}

export function hearing(during: Partial<RebalanceListener> = {}): HeardListener {
  const heard: HeardListener['heard'] = []
  return {
    heard,
    onAssigned: async (partitions) => {
      heard.push(['assigned', partitions])
      await during.onAssigned?.(partitions)
    },
    onRevoked: async (partitions) => {
      heard.push(['revoked', partitions])
      await during.onRevoked?.(partitions)
    },
    onLost: async (partitions) => {
      heard.push(['lost', partitions])
      await during.onLost?.(partitions)
    },
  }
}

export interface Seen extends TopicPartition {
  readonly offset: number
  readonly value: string | null
}

export function seenIn(batch: FetchedBatch): Seen[] {
  const { topic, partition } = batch
  return Array.from({ length: batch.count }, (_, i) => {
    const value = batch.valueAt(i)
    return { topic, partition, offset: batch.offsetAt(i), value: value === null ? null : Buffer.from(value).toString() }
  })
}

/** Polls until `done` says so. Fails loudly in the end: a poll that never brings it is the bug that is looked for. */
export async function pollUntil(
  consumer: ConsumerPort,
  done: (seen: readonly Seen[]) => boolean,
  timeoutMs: number = hangMs,
): Promise<Seen[]> {
  const seen: Seen[] = []
  const deadline = performance.now() + timeoutMs
  while (!done(seen)) {
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs} ms only ${seen.length} records and no end`)
    for (const batch of await consumer.poll(100)) seen.push(...seenIn(batch))
  }
  return seen
}

/** Polls several members of a group at once, as their processes would. */
export async function pollAll(
  consumers: readonly ConsumerPort[],
  done: (seen: readonly Seen[]) => boolean,
): Promise<Seen[]> {
  const all: Seen[] = []
  const read = async (consumer: ConsumerPort): Promise<void> => {
    await pollUntil(consumer, (seen) => {
      all.push(...seen.slice(taken.get(consumer) ?? 0))
      taken.set(consumer, seen.length)
      return done(all)
    })
  }
  const taken = new Map<ConsumerPort, number>()
  await Promise.all(consumers.map(read))
  return all
}
